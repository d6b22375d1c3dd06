"""Keeps one brood for each named module, of the code as it is now."""

from __future__ import annotations

import time
from collections import deque
from functools import partial
from pathlib import Path
from typing import Callable, Deque, Dict, Mapping, Set, Tuple

from trigger_service.runner.brood import Brood, Fork
from trigger_service.runner.ipc import Message
from trigger_service.runner.loop import Loop

#: Seconds between two looks at the date.
DATE_LOOK_S = 20.0
#: How often an import is repeated because files changed during it.
IMPORT_TRIES = 5
#: Seconds for which an import can keep others from beginning: one that takes longer rather waits than computes.
TURN_S = 2.0


class Broods:
    """All named modules of one project."""

    def __init__(self, loop: Loop, fork: Fork, project: Path, spares: int, imports: int) -> None:
        """`spares` is how many processes wait for each module, `imports` how many are imported at once."""
        self._loop = loop
        self._fork = fork
        self._project = project
        self._spares = spares
        self._imports = imports
        self._broods: Dict[str, Brood] = {}
        self._importing: Set[Brood] = set()
        self._waiting: Deque[Callable[[], None]] = deque()
        loop.later(DATE_LOOK_S, self._renew)

    def name_of(self, message: Message) -> str:
        """Which named module a request is for: the one it says, or the one that its module is in."""
        module: str = message["module"]
        known = [name for name in self._broods if module == name or module.startswith(name + ".")]
        return str(message.get("entry") or max(known, key=len, default=module))

    def get(self, name: str, action: Callable[[Brood], None], tries: int = IMPORT_TRIES) -> None:
        """Call back with an import of the code as it is now."""
        brood = self._broods.get(name)
        if brood is not None and (brood.retired or self._is_outdated(brood) or (brood.ready and brood.killed)):
            brood.retire()
            brood = None
        if brood is not None and brood.ready:
            action(brood)
            return
        if brood is None and len(self._importing) >= self._imports:
            self._waiting.append(partial(self.get, name, action, tries))
            return
        brood = brood or self._new(name)
        brood.when_ready(partial(self._on_ready, brood, action, tries))

    def forget_stale_defaults(self, name: str) -> None:
        """Have the next `get` import again, if the defaults of the module change from import to import."""
        brood = self._broods.get(name)
        if brood is not None and brood.volatile:
            brood.retire()

    def health(self) -> Mapping[str, object]:
        """The state of each module, and the number of all spares."""
        live = [brood for brood in self._broods.values() if not brood.retired]
        return {"modules": {brood.name: brood.state for brood in live}, "spares": sum(brood.spares for brood in live)}

    def close(self) -> None:
        """Let everything go that only waits."""
        for brood in self._broods.values():
            brood.retire()

    def _new(self, name: str) -> Brood:
        today = _days(time.time())
        brood = Brood(self._loop, self._fork, name, project=self._project, days=today, spares=self._spares)
        self._broods[name] = brood
        self._importing.add(brood)
        brood.when_ready(partial(self._make_room, brood))
        self._loop.later(TURN_S, partial(self._make_room, brood))
        return brood

    def _make_room(self, brood: Brood) -> None:
        """It keeps the next ones from beginning no longer."""
        self._importing.discard(brood)
        while self._waiting and len(self._importing) < self._imports:
            self._waiting.popleft()()

    def _on_ready(self, brood: Brood, action: Callable[[Brood], None], tries: int) -> None:
        if brood.torn and tries > 1:
            brood.retire()
        if tries > 1 and (brood.retired or self._is_outdated(brood)):
            self.get(brood.name, action, tries - 1)
        else:
            action(brood)

    def _is_outdated(self, brood: Brood) -> bool:
        return brood.ready and (brood.days != _days(time.time()) or not brood.fingerprint.holds())

    def _renew(self) -> None:
        """Import again at midnight, before anybody asks."""
        for name, brood in list(self._broods.items()):
            if brood.ready and not brood.retired and brood.days != _days(time.time()):
                self.get(name, lambda _: None)
        self._loop.later(DATE_LOOK_S, self._renew)


def _days(now: float) -> Tuple[str, ...]:
    """The local and the UTC date, which an import may have frozen into defaults."""
    return tuple(time.strftime("%Y-%m-%d", clock(now)) for clock in (time.localtime, time.gmtime))
