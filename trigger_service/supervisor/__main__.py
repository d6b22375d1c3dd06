"""`luigi-trigger up`: starts luigid, the zygote and the service, starts again what dies, and ends them in order.

A process of its own (`python -m trigger_service.supervisor SETTINGS`) that knows neither luigi nor the web, so that it
is small and nothing of theirs can bring it down. Runs are no children of it: they live on when it ends.
"""

from __future__ import annotations

import signal
import socket
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from trigger_service.config import SERVICE_FILE, Settings
from trigger_service.domain.errors import CannotStart, TriggerError
from trigger_service.service.doorbell import doorbell_name
from trigger_service.supervisor import python_command
from trigger_service.supervisor.children import Child, Recipe
from trigger_service.supervisor.home import announced, held_home, last_port, log_file
from trigger_service.supervisor.parting import Parting
from trigger_service.supervisor.ports import listening, port_of, reserved
from trigger_service.supervisor.probe import Probe
from trigger_service.supervisor.signals import Signals, gathered_signals

#: Seconds until the processes must be ready, and between two looks whether they are.
_READY_WITHIN_S = 60.0
_LOOK_S = 0.05
#: Seconds between two looks whether the runs have ended that somebody waits for.
_PARTING_LOOK_S = 0.3
#: A process that has died so often in a row before everything was ready will not get better.
_HOPELESS = 3
#: How gunicorn ends when the service has said why it cannot start (`Arbiter.APP_LOAD_ERROR`).
_SAID_WHY = 4
#: Seconds that each process has to end by itself.
_END_S = 5.0
LUIGID_ADDRESS = "127.0.0.1"


class Supervisor:
    """Holds the home folder and the ports, and keeps three processes alive on them."""

    def __init__(self, settings: Settings, interactive: bool, signals: Signals, stack: ExitStack) -> None:
        """Take the home folder and the ports, to be given back by `stack`; raises CannotStart."""
        self._home = settings.home
        self._interactive = interactive
        self._signals = signals
        self._stack = stack
        lock = stack.enter_context(held_home(settings.home))
        before = last_port(settings.home / SERVICE_FILE)
        web = stack.enter_context(listening(settings.host, settings.port, "port", before))
        before = last_port(settings.home / "luigid.json")
        luigid = stack.enter_context(reserved(LUIGID_ADDRESS, settings.luigid_port, "luigid_port", before))
        self._url = _url(settings.host, port_of(web))
        self._luigid_url = _url(LUIGID_ADDRESS, port_of(luigid))
        self._probe = Probe((web.getsockname()[0], port_of(web)))
        self._parting = Parting(self._probe, _say)
        self._ready = False
        #: In the order in which they end: what starts runs first, what running runs need last.
        recipes = _recipes(replace(settings, luigid_port=port_of(luigid)), web, lock)
        self._children = tuple(Child(recipe) for recipe in recipes)

    def run(self) -> int:
        """Serve until told to stop; gives the exit status."""
        give_up_at = time.monotonic() + _READY_WITHIN_S
        try:
            while self._parting.stage != "over":
                self._tend()
                if not self._ready:
                    self._look_whether_ready(give_up_at)
                self._parting.look()
                asked = self._parting.stage == "asked"
                arrived, answered = self._signals.wait(self._pause(), sys.stdin.fileno() if asked else None)
                self._obey(arrived)
                if answered and self._parting.stage == "asked":
                    self._parting.answer(sys.stdin.readline())
        finally:
            for child in self._children:
                child.end(_END_S)
        return 0

    def _tend(self) -> None:
        for child in self._children:
            news = child.tend(time.monotonic())
            if news:
                _say(f"{news}\n")
            hopeless = child.early_deaths >= _HOPELESS or child.last_status == _SAID_WHY
            if hopeless and not self._ready:
                raise CannotStart(reason=f"{child.recipe.name} ends as soon as it starts:\n{_tail(child.recipe.log)}")

    def _look_whether_ready(self, give_up_at: float) -> None:
        fault = self._probe.readiness()
        if fault and time.monotonic() > give_up_at:
            raise CannotStart(reason=f"not ready after {_READY_WITHIN_S:g} seconds: {fault} (see {self._home}/logs)")
        if not fault:
            self._stack.enter_context(announced(self._home, self._url))
            self._ready = True
            _say(f"Luigi Trigger is ready: {self._url}\nluigid and its visualizer:  {self._luigid_url}\n")

    def _pause(self) -> float | None:
        """Seconds until there is something to do; None for not before a signal."""
        if self._parting.stage == "over":
            return 0.0
        if not self._ready:
            return _LOOK_S
        if self._parting.stage in ("waiting", "cancelling"):
            return _PARTING_LOOK_S
        due = [at for child in self._children if (at := child.due()) is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _obey(self, arrived: set[int]) -> None:
        if arrived & {signal.SIGTERM, signal.SIGHUP}:
            self._parting.stage = "over"
        elif signal.SIGINT in arrived and self._interactive and self._ready:
            self._parting.interrupt()
        elif signal.SIGINT in arrived:
            self._parting.stage = "over"


def _recipes(settings: Settings, web: socket.socket, lock: int) -> tuple[Recipe, Recipe, Recipe]:
    home = settings.home
    serving = [*python_command("trigger_service.serving"), settings.to_json(), str(web.fileno())]
    zygote = [*python_command("trigger_service.runner.zygote"), "--home", str(home), "--doorbell", doorbell_name(home)]
    folders = ["--state-dir", str(home / "luigid"), "--info", str(home / "luigid.json")]
    luigid = [*python_command("trigger_service.luigid"), "--port", str(settings.luigid_port), *folders]
    return (
        Recipe("the service", serving, log_file(home, "service"), (web.fileno(), lock)),
        Recipe("the zygote", zygote, log_file(home, "zygote")),
        Recipe("luigid", luigid, log_file(home, "luigid")),
    )


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _tail(file: Path, lines: int = 8) -> str:
    return "\n".join(file.read_text(errors="replace").splitlines()[-lines:])


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def main(settings: str, mode: str) -> int:
    """Supervise until told to stop. `settings` as JSON; `mode` is `terminal` or `detached`."""
    try:
        with gathered_signals() as signals, ExitStack() as stack:
            return Supervisor(Settings.from_json(settings), mode == "terminal", signals, stack).run()
    except TriggerError as error:
        _say(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
