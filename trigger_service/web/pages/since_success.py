"""How a run that failed differs from the last success of its pipeline, in three short answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from trigger_service.domain.logs import LUIGI_STREAMS
from trigger_service.domain.queries import LogFilter
from trigger_service.domain.run import Run
from trigger_service.service.logview import Row
from trigger_service.web.pages.new_lines import only_lines
from trigger_service.web.services import Services

#: Lines at the end of the log that may be new, and of the other log that are looked through for them.
LINES, OLD_LINES = 300, 1000


@dataclass
class SinceSuccess:
    """What the template asks for; what it does not ask for costs nothing."""

    services: Services
    old: Run
    run: Run

    @property
    def parameters(self) -> list[tuple[str, str | None, str | None]]:
        """Those that differ, as Luigi writes them: name, before, now; None for one that there is not."""
        old, new = self.old.texts, self.run.texts
        return [(name, old.get(name), new.get(name)) for name in {**old, **new} if old.get(name) != new.get(name)]

    @property
    def is_code_same(self) -> bool:
        """Whether both ran the same code."""
        return self.old.code_fingerprint == self.run.code_fingerprint

    @cached_property
    def first_new(self) -> Row | None:
        """The first of the last lines that tasks have printed of which the success had none of the kind."""
        _, new = only_lines(self._lines(self.old, OLD_LINES), self._lines(self.run, LINES))
        printed = (each.row for each in new if each.row.line.task and each.row.line.stream not in LUIGI_STREAMS)
        return next(printed, None)

    def _lines(self, run: Run, most: int) -> Sequence[Row]:
        logs = self.services.logs
        view = logs.view(run.id)
        return view.before(view.total + 1, logs.sieve(run.id, LogFilter()), most).rows
