"""The page instead of one that cannot be shown: what happened, what is not affected, and the way out."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from flask import g, render_template, request

from trigger_service.web.guard import SAFE_METHODS
from trigger_service.web.pages.addresses import target_address

LOG = logging.getLogger(__name__)
#: Where to look for what there is not, by the kind of problem: the icon, the page and what it has.
_LISTS: Mapping[str, tuple[str, str, str]] = {
    "run-not-found": ("runs", "/runs", "All runs"),
    "ambiguous-run": ("runs", "/runs", "All runs"),
    "task-not-found": ("runs", "/runs", "All runs"),
    "pipeline-not-found": ("pipelines", "/pipelines", "All pipelines"),
    "target-not-found": ("targets", "/targets", "All targets"),
    "operation-not-found": ("targets", "/operations", "All operations"),
    "schedule-not-found": ("schedules", "/schedules", "All schedules"),
    "backfill-not-found": ("backfills", "/backfills", "All backfills"),
    "sensor-not-found": ("hook", "/webhooks", "All webhooks"),
    "pool-not-found": ("limits", "/limits", "All limits"),
    "rule-not-found": ("settings", "/settings/notifications", "All rules"),
    "token-not-found": ("settings", "/settings/tokens", "All tokens"),
}
#: What a detail says for programs, or of names that are close.
_TOLD_BELOW = re.compile(r"; GET /api\S+ lists [^.]*| The nearest (?:names|that are known): .*", re.DOTALL)
_AWAY = "It may be misspelt, or retention has deleted it"
#: What is not affected, by the kind of problem and then by its status.
_KEPT: Mapping[str, str] = {
    "run-not-found": f"{_AWAY}: runs go by age, number and size, their targets stay.",
    "target-not-found": "It may be misspelt, or no run has written it: what is there is not touched.",
    "403": "Nothing was changed.",
    "404": "Nothing else is affected.",
    "409": "Nothing was changed.",
    "413": "Nothing was changed.",
    "415": "Nothing was changed.",
    "422": "Nothing was stored and nothing was started.",
    "429": "Nothing was changed. Try again in a moment.",
    "500": "The fault is ours. Runs are not affected: they go on in processes of their own, and every accepted "
    "trigger is stored.",
    "503": "Runs are not affected: they go on in processes of their own, and what they do is taken in later. Try "
    "again in a moment.",
}


@dataclass(frozen=True)
class Refusal:
    """A problem document as the page has it."""

    problem: Mapping[str, Any]
    #: Names of what there is that are like the one that was asked for.
    nearest: Sequence[str]

    @property
    def kind(self) -> str:
        """Its name."""
        return str(self.problem["type"]).rpartition("/")[2]

    @property
    def detail(self) -> str:
        """What happened, without what the page has as links."""
        return _TOLD_BELOW.sub("", str(self.problem["detail"]))

    @property
    def kept(self) -> str:
        """What is not affected."""
        return _KEPT.get(self.kind) or _KEPT.get(str(self.problem["status"]), "")

    @property
    def close(self) -> list[tuple[str, str]]:
        """What is close to what was asked for: names, and their pages."""
        if self.kind == "target-not-found":
            return [(name, target_address(name)) for name in self.nearest]
        return [(name, f"/pipelines/{quote(name)}") for name in self.nearest]

    @property
    def listed(self) -> tuple[str, str, str] | None:
        """Where all of its kind are."""
        return _LISTS.get(self.kind)

    @property
    def again(self) -> str:
        """The address to try again; empty where a form was sent."""
        return request.full_path.rstrip("?") if request.method in SAFE_METHODS else ""

    @property
    def back(self) -> str:
        """The page that the form was on; empty where that is not known."""
        came = urlsplit(request.referrer or "")
        is_own = came.netloc == request.host and request.method not in SAFE_METHODS
        return f"{came.path}?{came.query}".rstrip("?") if is_own else ""


def refused_page(problem: Mapping[str, Any], nearest: Sequence[str] = ()) -> str:
    """The problem document as a page, with a way out."""
    if problem["status"] == 401:
        return render_template("sign_in.html", problem=problem)
    refusal = Refusal(problem, nearest)
    try:
        # without a moment it does not go on asking for what was refused
        return render_template("refused.html", problem=problem, refusal=refusal, here="", moment="")
    except Exception as error:  # what surrounds the page cannot be had either
        about = {"action": "page_bare", "request_id": g.get("request_id")}
        LOG.warning("a page of a problem is shown without its frame: %s", error, extra=about)
        return render_template("refused.html", problem=problem, refusal=refusal, here="", is_known=False)
