"""Our luigid: serves until SIGTERM or SIGINT, then saves the state."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import errno
import json
import logging
import os
import signal
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from socket import socket

import tornado.httpserver
import tornado.ioloop
import tornado.netutil
from luigi import configuration

from trigger_service.luigid.changes import Changes
from trigger_service.luigid.door import Door
from trigger_service.luigid.ports import holder_of
from trigger_service.luigid.scheduler import TriggerScheduler, read_config
from trigger_service.luigid.state import StateFolder, replace_file
from trigger_service.luigid.web import make_app

#: Seconds between two looks for workers that have gone silent.
PRUNE_S = 10.0
#: Seconds that those who were waiting get to hear so before their connections are closed.
FAREWELL_S = 0.05
PR_SET_PDEATHSIG = 1

log = logging.getLogger("trigger_service.luigid")


def main(argv: Sequence[str]) -> None:
    """Run until told to end; exits with a message when the port is taken."""
    options = _parse(argv)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    log.setLevel(logging.INFO)
    for file in options.config:
        configuration.add_config_path(file)
    if options.die_with_parent is not None:
        _die_with_parent(options.die_with_parent or os.getppid())
    asyncio.run(_serve(options, _bind(options.port, options.address)))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m trigger_service.luigid", description=__doc__)
    parser.add_argument("--port", type=int, default=8082, help="0 takes a free one")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--state-dir", type=Path, required=True, help="folder of the state between two starts")
    parser.add_argument("--info", type=Path, required=True, help="written once it listens: url, port, pid, boot_id")
    parser.add_argument("--config", action="append", default=[], help="a configuration file above those before it")
    parser.add_argument("--allow-host", action="append", default=[], help="a further name to answer to")
    parser.add_argument(
        "--grace",
        type=float,
        default=2.0,
        metavar="SECONDS",
        help="for how long nothing is handed out after an unclean end: workers first say what they still run",
    )
    parser.add_argument(
        "--die-with-parent",
        type=int,
        nargs="?",
        const=0,
        metavar="PID",
        help="end when the process that started this ends; with its pid also if it has ended already",
    )
    return parser.parse_args(argv)


def _die_with_parent(parent: int) -> None:
    """Ask the kernel for a SIGTERM, a clean exit, when the parent ends."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent ended during the start")


def _bind(port: int, address: str) -> list[socket]:
    try:
        return tornado.netutil.bind_sockets(port, address=address)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            sys.exit(f"luigid cannot listen on {address}:{port}: {error.strerror}")
        sys.exit(f"luigid cannot listen on {address}:{port}: it is held by {holder_of(port)}")


async def _serve(options: argparse.Namespace, sockets: list[socket]) -> None:
    boot_id = uuid.uuid4().hex
    folder = StateFolder(options.state_dir)
    killed = folder.begin(boot_id)
    changes = Changes(time.time())
    scheduler = TriggerScheduler(read_config(folder.state_file), changes)
    scheduler.load()

    loop = asyncio.get_running_loop()
    door = Door(boot_id, frozenset((*options.allow_host, options.address)))
    grace_until = loop.time() + (options.grace if killed else 0.0)
    server = tornado.httpserver.HTTPServer(make_app(scheduler, changes, door, grace_until))
    server.add_sockets(sockets)
    pruning = tornado.ioloop.PeriodicCallback(scheduler.prune, PRUNE_S * 1000)
    pruning.start()
    _announce(options, boot_id, sockets[0].getsockname()[1])
    log.info("listening%s", f" after an unclean end: work is handed out in {options.grace:g} s" if killed else "")

    await _told_to_end(loop)
    pruning.stop()
    server.stop()
    changes.wake_all()
    await asyncio.sleep(FAREWELL_S)
    await server.close_all_connections()  # before the state is saved: whatever was answered must be in it
    scheduler.dump()
    folder.end(boot_id)
    log.info("ended, state saved")


def _announce(options: argparse.Namespace, boot_id: str, port: int) -> None:
    host = f"[{options.address}]" if ":" in options.address else options.address
    info = {"url": f"http://{host}:{port}", "port": port, "pid": os.getpid(), "boot_id": boot_id}
    replace_file(options.info, json.dumps(info))


async def _told_to_end(loop: asyncio.AbstractEventLoop) -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        loop.add_signal_handler(number, told.set)
    await told.wait()
