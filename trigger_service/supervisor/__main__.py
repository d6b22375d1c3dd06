"""`luigi-trigger up`: starts luigid, the zygote and the service, starts again what dies, and ends them in order.

A process of its own (`python -m trigger_service.supervisor SETTINGS`) that knows neither luigi nor the web, so that it
is small and nothing of theirs can bring it down. Runs are no children of it: they live on when it ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from trigger_service.config import LUIGID_ADDRESS, Settings
from trigger_service.domain.addresses import from_here, is_every
from trigger_service.domain.errors import CannotStart, TriggerError
from trigger_service.domain.place import SERVICE_FILE, Place
from trigger_service.supervisor.children import Child, is_killed
from trigger_service.supervisor.home import announced, held_home, last_port, made_place, retired_places
from trigger_service.supervisor.parting import Parting
from trigger_service.supervisor.ports import listening, port_of, reserved
from trigger_service.supervisor.probe import Probe
from trigger_service.supervisor.recipes import luigid_recipe, service_recipe, zygote_recipe
from trigger_service.supervisor.signals import Signals, gathered_signals

#: Seconds until the processes must be ready, and between two looks whether they are.
_READY_WITHIN_S = 60.0
#: Seconds for which a start waits for the other places after the default one.
_PLACES_WITHIN_S = 15.0
_LOOK_S = 0.05
#: Seconds between two looks whether the runs have ended that somebody waits for.
_PARTING_LOOK_S = 0.3
#: A process that has ended so often in a row by a fault of its own, before everything was ready, will not get better.
_HOPELESS = 3
#: How gunicorn ends when the service has said why it cannot start (`Arbiter.APP_LOAD_ERROR`).
_SAID_WHY = 4
#: Seconds that each process has to end by itself.
_END_S = 5.0


class Supervisor:
    """Holds the home folder and the ports, and keeps the service and the two processes of each place alive on them."""

    def __init__(self, settings: Settings, interactive: bool, signals: Signals, stack: ExitStack) -> None:
        """Take the home folder and the ports, to be given back by `stack`; raises CannotStart."""
        self._home = settings.home
        self._interactive = interactive
        self._signals = signals
        self._stack = stack
        lock = stack.enter_context(held_home(settings.home))
        before = last_port(settings.home / SERVICE_FILE)
        web = stack.enter_context(listening(settings.host, settings.port, "port", before))
        settings = replace(settings, retired=retired_places(settings.home, settings.places))
        with_luigid = (*settings.places, *settings.retired)
        ports = {str(place): self._reserve_luigid(settings, place) for place in with_luigid}
        settings = replace(settings, luigid_ports=ports)
        settings = replace(settings, own_secret=os.urandom(32).hex())
        self._url = _url(from_here(settings.host), port_of(web))
        public_url = settings.outside.public_url or self._url
        settings = replace(settings, outside=replace(settings.outside, public_url=public_url))
        self._settings = settings
        self._probe = Probe((from_here(web.getsockname()[0]), port_of(web)), settings.own_secret)
        self._parting = Parting(self._probe, _say)
        self._ready = False
        self._started_at = time.monotonic()
        self._give_up_at = self._started_at + _READY_WITHIN_S
        #: In the order in which they end: what starts runs first, what running runs need last.
        recipes = (
            service_recipe(settings, settings.hand_on(settings.home), web.fileno(), lock),
            *(zygote_recipe(settings, place, os.environ) for place in settings.places),
            *(luigid_recipe(settings, place, os.environ) for place in with_luigid),
        )
        self._children = tuple(Child(recipe) for recipe in recipes)

    def run(self) -> int:
        """Serve until told to stop; gives the exit status."""
        try:
            while self._parting.stage != "over":
                self._tend()
                if not self._ready:
                    self._look_whether_ready()
                self._parting.look()
                asked = self._parting.stage == "asked"
                arrived, answered = self._signals.wait(self._pause(), sys.stdin.fileno() if asked else None)
                self._obey(arrived)
                if answered and self._parting.stage == "asked":
                    self._parting.answer(sys.stdin.readline())
        finally:
            for child in self._children:
                if news := child.end(_END_S):
                    _say(f"{news}\n")
        return 0

    def _tend(self) -> None:
        for child in self._children:
            news = child.tend(time.monotonic())
            if news:
                _say(f"{news}\n")
                if is_killed(child.last_status):  # then that is why nothing is ready, and may have an end
                    self._give_up_at = time.monotonic() + _READY_WITHIN_S
            hopeless = child.failures >= _HOPELESS or child.last_status == _SAID_WHY
            if hopeless and not self._ready and child.recipe.place in (None, Place()):
                raise CannotStart(reason=f"{child.recipe.name} ends as soon as it starts:\n{_tail(child.recipe.log)}")

    def _look_whether_ready(self) -> None:
        fault, places = self._probe.readiness()
        if fault and time.monotonic() > self._give_up_at:
            raise CannotStart(reason=f"not ready after {_READY_WITHIN_S:g} seconds: {fault} (see {self._home}/logs)")
        if fault or (places and not self._is_settled(places)):
            return
        self._stack.enter_context(announced(self._home, self._url))
        self._ready = True
        _say("\n".join(self._tidings(places)) + "\n")

    def _tidings(self, unwell: Mapping[str, str]) -> Iterator[str]:
        """What is told once everything is ready, line by line."""
        yield f"Luigi Trigger is ready: {self._url}"
        if is_every(self._settings.host):
            yield f"It listens on all addresses of this machine, as {', '.join(self._settings.allowed_hosts)}"
        if self._settings.token_needed:
            yield "Requests need a token: `luigi-trigger tokens create NAME` makes one"
        for place in self._settings.places:
            whose = "" if place.is_default else f" of {place}"
            yield f"luigid and its visualizer{whose}:  {self._settings.luigid_url_of(place)}"
        for place in self._settings.retired:
            yield f"{place} is configured no more; its live runs go on to their end"
        for name, reason in unwell.items():
            yield f"{name} cannot be used, the others can: {reason}"

    def _is_settled(self, unwell: Mapping[str, str]) -> bool:
        """Whether the places that are not ready will hardly be so soon: their processes keep failing, or take long."""
        failing = {str(child.recipe.place) for child in self._children if child.failures >= _HOPELESS}
        return unwell.keys() <= failing or time.monotonic() > self._started_at + _PLACES_WITHIN_S

    def _reserve_luigid(self, settings: Settings, place: Place) -> int:
        folder = made_place(settings.home, place)
        before = last_port(folder / "luigid.json")
        key = "luigid_port" if place.is_default else f"luigid_port of {place}"
        taken = reserved(LUIGID_ADDRESS, settings.wanted_port_of(place), key, before)
        return port_of(self._stack.enter_context(taken))

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


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _tail(file: Path, lines: int = 8) -> str:
    return "\n".join(map(_readable, file.read_text(errors="replace").splitlines()[-lines:]))


def _readable(line: str) -> str:
    """A line of a log for a person: what its record says, where it is one."""
    try:
        return str(json.loads(line)["message"])
    except (ValueError, TypeError, KeyError):
        return line


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def main(settings: str, mode: str) -> int:
    """Supervise until told to stop. `settings` is the descriptor that has them; `mode` is `terminal` or `detached`."""
    try:
        with gathered_signals() as signals, ExitStack() as stack:
            return Supervisor(Settings.handed_on(int(settings)), mode == "terminal", signals, stack).run()
    except TriggerError as error:
        _say(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
