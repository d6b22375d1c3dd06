"""Many runs cancelled or retried at once: what it would do in words first, then what became of each."""

from __future__ import annotations

import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Literal

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from trigger_service.domain.errors import InvalidRequest, Problem, RunNotFound, TriggerError
from trigger_service.domain.run import FINAL, LIVE, Run, Trigger
from trigger_service.web.pages.page import page
from trigger_service.web.pages.run_query import FILTERS
from trigger_service.web.pages.runs import FILE_REACH, PATH, RunList, of_request
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor, asked_by

Verb = Literal["cancel", "retry"]
#: Runs at once, and results that are remembered until the next start of the service.
MOST, _KEPT = 500, 100


@dataclass(frozen=True)
class Batch:
    """Runs that were selected, and what would become of them."""

    verb: Verb
    runs: tuple[Run, ...]
    #: Whether there are more than these, which the filter has, too.
    more: bool = False

    @property
    def affected(self) -> list[Run]:
        """Those that something is done with."""
        return [run for run in self.runs if (run.state in FINAL) is (self.verb == "retry") and not self._stops(run)]

    @property
    def queued(self) -> int:
        """How many of them have not started."""
        return sum(run.state == "queued" for run in self.affected)

    @property
    def live(self) -> int:
        """How many of them run."""
        return sum(run.state in LIVE for run in self.affected)

    @property
    def succeeded(self) -> int:
        """How many of them have succeeded."""
        return sum(run.state == "succeeded" for run in self.affected)

    @property
    def staying(self) -> Sequence[tuple[str, int]]:
        """Of the others, how many are in which state."""
        left = {run.id for run in self.affected}
        return Counter(run.state for run in self.runs if run.id not in left).most_common()

    @property
    def pipelines(self) -> list[tuple[str, int]]:
        """How many runs of which pipeline something is done with."""
        return Counter(run.pipeline for run in self.affected).most_common()

    def _stops(self, run: Run) -> bool:
        return self.verb == "cancel" and run.state == "cancelling"


@dataclass(frozen=True)
class Outcome:
    """What became of one run."""

    run_id: str
    #: Why nothing was done; empty where it was.
    refused: str = ""
    #: The run that retries it.
    made: str = ""


@dataclass(frozen=True)
class Done:
    """What became of all."""

    verb: Verb
    at: float
    outcomes: tuple[Outcome, ...]

    @property
    def refused(self) -> list[Outcome]:
        """Those with which nothing was done."""
        return [outcome for outcome in self.outcomes if outcome.refused]


class Results:
    """The last results, by names that cannot be guessed. Safe for any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[str, Done] = OrderedDict()

    def keep(self, done: Done) -> str:
        """Its name."""
        name = secrets.token_urlsafe(9)
        with self._lock:
            self._kept[name] = done
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return name

    def get(self, name: str) -> Done | None:
        """What has this name."""
        with self._lock:
            return self._kept.get(name)


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /runs/cancel` and `/runs/retry` say what would be done, `POST` does it, `/runs/done/NAME` tells of it.

    Runs are named by `run`, or with `all` by the filters of the list.
    """
    results = Results()

    def plan(verb: Verb) -> Response:
        back = of_request(request.args).only(FILTERS)
        return page("many_runs.html", "runs", batch=_batch(services, verb), most=MOST, back=str(back))

    def act(verb: Verb) -> Response:
        ids = _named(request.form.getlist("run"))
        done = Done(verb, time.time(), tuple(_outcomes(services, verb, ids)))
        return redirect(f"{PATH}/done/{results.keep(done)}", 303)

    for verb in ("cancel", "retry"):
        made: Verb = "cancel" if verb == "cancel" else "retry"
        pages.add_url_rule(f"{PATH}/{verb}", f"plan_{verb}_many", partial(plan, made), methods=["GET"])
        pages.add_url_rule(f"{PATH}/{verb}", f"{verb}_many", partial(act, made), methods=["POST"])

    @pages.get(f"{PATH}/done/<name>")
    def tell_many(name: str) -> Response:
        done = results.get(name)
        if done is None:
            return page("many_done.html", "runs", 404, done=None)
        ids = {run_id for outcome in done.outcomes for run_id in (outcome.run_id, outcome.made) if run_id}
        return page("many_done.html", "runs", done=done, now_are=services.insights.some(ids))


def _batch(services: Services, verb: Verb) -> Batch:
    """The runs that the address names."""
    if "all" not in request.args:
        found = services.insights.some(_named(request.args.getlist("run")))
        return Batch(verb, tuple(sorted(found.values(), key=lambda run: (run.created_at, run.id), reverse=True)))
    asked = RunList(services, of_request(request.args).only(FILTERS), time.time())
    shown = services.insights.runs(asked.filter, None, MOST, FILE_REACH)
    return Batch(verb, shown.runs, shown.next_cursor is not None)


def _named(ids: Sequence[str]) -> list[str]:
    if len(ids) > MOST:
        raise InvalidRequest([Problem("/run", f"At most {MOST} runs at once, not {len(ids)}.")])
    return list(dict.fromkeys(ids))


def _outcomes(services: Services, verb: Verb, ids: Sequence[str]) -> list[Outcome]:
    triggers, who = services.triggers, asked_by().by
    act: Callable[[str], str]
    if verb == "cancel":
        by = actor("form")

        def act(run_id: str) -> str:
            triggers.cancel(run_id, by)
            return ""
    else:

        def act(run_id: str) -> str:
            return triggers.retry(run_id, Trigger("form", who)).id

    return [_outcome(act, run_id) for run_id in ids]


def _outcome(act: Callable[[str], str], run_id: str) -> Outcome:
    try:
        return Outcome(run_id, made=act(run_id))
    except RunNotFound:
        return Outcome(run_id, "There is no such run any more.")
    except TriggerError as error:
        return Outcome(run_id, str(error))
