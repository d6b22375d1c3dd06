"""What the log of a run shows: which lines, by an address; and where its links lead."""

from __future__ import annotations

import re
import time
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from trigger_service.domain.logs import LEVELS
from trigger_service.domain.queries import LogFilter
from trigger_service.domain.run import FINAL, Run
from trigger_service.service.logreader import Sieve
from trigger_service.service.logview import LogView, Row, Window
from trigger_service.service.runlogs import Hits, RunLogs
from trigger_service.web.pages.logline import Finder, Names, ShownLine, families, finder, mistake_of, shown

#: Lines of a window, hits that are shown with the lines around them, and such lines on each side.
ROWS, SPOTS, AROUND = 200, 40, 2
#: Lines before the first error, where a failed run's log opens.
BEFORE_ERROR = 6
#: Seconds that a window is looked for, that hits are counted, and that the next hit is looked for.
LOOK_S, COUNT_S = 1.0, 0.1
#: Tasks that can be chosen one by one.
TASKS = 100
#: Names in an address that say where in the log one is: of another filter, they mean nothing.
PLACE = ("line", "first", "last", "follow", "whole")
_RANGE = re.compile(r"(\d{1,12})(?:-(\d{1,12}))?")


@dataclass(frozen=True)
class Chip:
    """A level to choose, and how many lines are of it or of a worse one."""

    level: str
    count: int
    chosen: bool
    href: str


class LogPanel:
    """Everything is found when it is asked for, so that a part of the page costs nothing that it does not show."""

    def __init__(self, logs: RunLogs, run: Run, asked: MultiDict[str, str]) -> None:
        """`asked`: the query of the page, which may have names that are not the log's; the links keep them."""
        self._logs = logs
        self._asked = asked
        self.run = run
        self.level = asked.get("level", "") if asked.get("level") in LEVELS else ""
        self.task, self.stream = asked.get("task", ""), asked.get("stream", "")
        self.text, self.is_expression = asked.get("q", "")[:500], bool(asked.get("re"))
        self.shows = asked.get("show", "") if asked.get("show") in ("hits", "around") else ""
        self.wraps = asked.get("wrap") != "0"
        self.live = run.state not in FINAL

    def address(self, **changes: Any) -> str:
        """The same page with other values in its query; an empty one goes."""
        kept = [(name, value) for name, value in self._asked.items(multi=True) if name not in changes]
        query = urlencode([*kept, *((name, str(value)) for name, value in changes.items() if value)])
        return f"?{query}"

    def elsewhere(self, **changes: Any) -> str:
        """The same with another place in the log."""
        return self.address(**{**dict.fromkeys(PLACE, ""), **changes}) + "#log"

    def among(self, **changes: Any) -> str:
        """The same place, among other lines: those around a line that was found, for instance."""
        return self.address(**{"first": "", "last": "", "follow": "", **changes}) + "#log"

    def permalink(self, number: int) -> str:
        """The page with this line marked and in view."""
        return f"{self.lead}line={number}#L{number}"

    def unfolded(self, number: int) -> str:
        """The same, the line with all of its characters."""
        return f"{self.lead}line={number}&whole={number}#L{number}"

    def rest(self, *own: str) -> list[tuple[str, str]]:
        """What a form has to keep of the address, besides its `own` fields."""
        return [(name, value) for name, value in self._asked.items(multi=True) if name not in (*own, *PLACE)]

    @cached_property
    def view(self) -> LogView:
        """The log as it is now."""
        return self._logs.view(self.run.id)

    @cached_property
    def chips(self) -> list[Chip]:
        """All lines, and those of each level, where these are some of them."""
        found = [Chip("", self.view.total, not self.level, self.among(level=""))]
        for level in LEVELS[1:-1]:
            count = self.view.at_least(level)
            if 0 < count < self.view.total or self.level == level:
                found.append(Chip(level, count, self.level == level, self.among(level=level)))
        return found

    @cached_property
    def base(self) -> LogFilter:
        """The lines among which is searched."""
        return LogFilter(level=self.level or None, task=self.task or None, stream=self.stream or None)

    @cached_property
    def searched(self) -> LogFilter | None:
        """The lines that are hits; None where nothing is searched."""
        if not self.text or self.mistake:
            return None
        only = {"regex": self.text} if self.is_expression else {"text": self.text}
        return LogFilter(self.base.level, self.base.task, self.base.stream, **only)

    @cached_property
    def mistake(self) -> str:
        """What is wrong with the expression."""
        return mistake_of(self.text, is_expression=self.is_expression)

    @cached_property
    def hits(self) -> Hits | None:
        """Those that are known by now."""
        if self.searched is None:
            return None
        return self._logs.hits(self.run.id, self.searched, self.view, COUNT_S, LOOK_S)

    @cached_property
    def marked(self) -> tuple[int, int]:
        """The first and the last line that the address names; 0, 0 for none."""
        found = _RANGE.fullmatch(self._asked.get("line", ""))
        if found is None and self._opens_at_error:
            return self.first_error, self.first_error
        if found is None:
            first = self.hits.numbers[0] if self.hits and self.hits.count else 0
            return (0, 0) if self._number("first", "last") else (first, first)
        ends = sorted((int(found[1]), int(found[2] or found[1])))
        return ends[0], ends[1]

    @cached_property
    def follows(self) -> bool:
        """Whether the end of the log is to be kept in view."""
        if self._asked.get("follow"):
            return True
        return self.live and not self.searched and not self._number("line", "first", "last")

    @cached_property
    def window(self) -> Window:
        """The lines to show."""
        if self.searched is None or self.hits is None or not self.shows:
            return self._look(self._sieve(self.base), ROWS)
        limit, through = SPOTS if self.gaps else ROWS, self._sieve(self.searched)
        found = self._known(self.hits, through, limit) or self._look(through, limit)
        return self._with_context(found) if self.gaps else found

    @cached_property
    def lines(self) -> list[ShownLine]:
        """The same, as they are shown."""
        whole = self._number("whole")
        names = self._logs.tasks(self.run, {row.line.task for row in self.window.rows if row.line.task})
        return [shown(row, names, self._finder, row.number == whole) for row in self.window.rows]

    @property
    def older(self) -> str:
        """Where the lines before these are; empty where there are none."""
        return self.elsewhere(last=self.window.first - 1) if self.window.first > 1 else ""

    @property
    def newer(self) -> str:
        """Where the lines after these are, or will be."""
        return self.elsewhere(first=self.window.last + 1)

    @property
    def at_end(self) -> bool:
        """Whether no line follows, as of now."""
        return self.window.last >= self.view.total

    @cached_property
    def first_error(self) -> int:
        """The first line with an error, of the chosen task and stream; 0 for none."""
        if not self.view.at_least("ERROR"):
            return 0
        of = LogFilter(level="ERROR", task=self.base.task, stream=self.base.stream)
        return self.view.first(self._sieve(of), time.monotonic() + LOOK_S) or 0

    @cached_property
    def steps(self) -> tuple[int, int]:
        """The hits before and after the marked line, round the ends; 0 where there is no other."""
        hits, at = self.hits, self.marked[0]
        if hits is None or not hits.count:
            return 0, 0
        later, earlier = bisect_right(hits.numbers, at), bisect_left(hits.numbers, at) - 1
        if hits.whole:
            return hits.numbers[earlier], hits.numbers[later % hits.count]
        if later < hits.count:
            return hits.numbers[max(0, earlier)], hits.numbers[later]
        # what was counted is not gone through again
        through, until = self._sieve(self.searched), time.monotonic() + LOOK_S
        further = self.view.after(max(at, hits.looked), through, 1, until).rows
        nearer = self.view.before(at, through, 1, until).rows if at > hits.looked else ()
        return nearer[0].number if nearer else hits.numbers[earlier], further[0].number if further else 0

    @cached_property
    def tasks(self) -> list[tuple[str, str]]:
        """What to choose from: a task or a family, and how it is called."""
        names = self._logs.tasks(self.run)
        found = [(family, f"{family}, all {count}") for family, count in families(names) if count > 1]
        found += [(key, _called(key, names)) for key in names] if len(names) <= TASKS else []
        known = {key for key, _ in found}
        if self.task and self.task not in known:
            found.append((self.task, _called(self.task, names)))
        return found

    @cached_property
    def streams(self) -> list[str]:
        """The usual ones, and those of the lines that are shown."""
        seen = {line.stream for line in self.lines} | {"stdout", "stderr", self.stream}
        return sorted(seen - {""})

    def is_marked(self, number: int) -> bool:
        """Whether the address names this line."""
        return self.marked[0] <= number <= self.marked[1]

    @property
    def gaps(self) -> bool:
        """Whether lines are left out between those that are shown, and it is to be said how many."""
        return bool(self.searched) and self.shows == "around"

    @property
    def download(self) -> str:
        """The query by which the API gives the lines that pass; empty for all."""
        asked = {**vars(self.base), **(vars(self.searched) if self.searched else {})}
        query = urlencode({name: value for name, value in asked.items() if value})
        return query and f"?{query}"

    @cached_property
    def lead(self) -> str:
        """The query without a place in the log, to which one is appended."""
        address = self.address(**dict.fromkeys(PLACE, ""))
        return address + ("&" if address != "?" else "")

    @cached_property
    def _finder(self) -> Finder:
        return finder(self.text if self.searched else "", is_expression=self.is_expression)

    @cached_property
    def _opens_at_error(self) -> bool:
        """Whether nobody said which lines, and the first error of a failed run is the best guess."""
        is_asked = self.searched or any(self._asked.get(name) for name in PLACE)
        return self.run.state == "failed" and not is_asked and self.first_error > 0

    def _look(self, through: Sieve, limit: int) -> Window:
        until = time.monotonic() + LOOK_S
        if first := self._number("first"):
            return self.view.after(first - 1, through, limit, until)
        if last := self._number("last"):
            return self.view.before(last + 1, through, limit, until)
        if self._opens_at_error and self.base == LogFilter():
            return self.view.after(max(0, self.first_error - 1 - BEFORE_ERROR), through, limit, until)
        if self.marked[0]:
            return self.view.around(self.marked[0], through, limit, until)
        if self.follows:
            return self.view.before(self.view.total + 1, through, limit, until)
        return self.view.after(0, through, limit, until)

    def _known(self, hits: Hits, through: Sieve, limit: int) -> Window | None:
        """The same window of hits that are counted already; None where it may have others."""
        numbers, place = hits.numbers, self.marked[0]
        if first := self._number("first"):
            start = bisect_left(numbers, first)
        elif last := self._number("last"):
            start = max(0, bisect_right(numbers, last) - limit)
        else:
            start = max(0, bisect_left(numbers, place) - limit // 3)
        chosen = numbers[start : start + limit]
        is_all = start + limit >= hits.count
        if self._asked.get("follow") or (is_all and not hits.whole):
            return None
        ends = (chosen[0] if start else 1, hits.looked if is_all else chosen[-1]) if chosen else (1, hits.looked)
        return Window(*ends, self.view.picked(chosen, through))

    def _with_context(self, spots: Window) -> Window:
        """The lines around each hit, too."""
        through = self._sieve(self.base)
        found: dict[int, Row] = {}
        for spot in spots.rows:
            earlier = self.view.before(spot.number, through, AROUND).rows
            for row in (*earlier, spot, *self.view.after(spot.number, through, AROUND).rows):
                found.setdefault(row.number, row)
        return Window(spots.first, spots.last, tuple(found[number] for number in sorted(found)))

    def _sieve(self, wanted: LogFilter | None) -> Sieve:
        return self._logs.sieve(self.run.id, wanted or LogFilter())

    def _number(self, *names: str) -> int:
        """The first of these that the address has as a number; 0 for none."""
        for name in names:
            found = _RANGE.fullmatch(self._asked.get(name, ""))
            if found:
                return int(found[1])
        return 0


def _called(task_id: str, names: Names) -> str:
    family, parameters = names.get(task_id, (task_id, {}))
    values = ", ".join(f"{name}={value}" for name, value in parameters.items())
    return f"{family}({values})" if values else family
