"""The page that says what an invalidation would move, and has it moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, redirect, request
from werkzeug.wrappers import Response

from trigger_service.domain.errors import Conflict
from trigger_service.domain.urls import shown_url
from trigger_service.service.operations import Demand, Wish
from trigger_service.web.askers import asker
from trigger_service.web.operation_documents import InvalidationBody
from trigger_service.web.pages.addresses import base, naming, target_address
from trigger_service.web.pages.moves import Moves
from trigger_service.web.pages.page import FRAME, asks_for_frame_only, page
from trigger_service.web.pages.scopes import demand
from trigger_service.web.pages.targets import ENTRY, PATH, named
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor
from trigger_service.web.validation import of_form


@dataclass(frozen=True, kw_only=True)
class Proposal(Moves):
    """What would be moved, as the page has it."""

    url: str
    write_id: int
    #: Whether what was built from it stays where it is.
    only: bool

    @property
    def shown(self) -> str:
        """The target as it may be seen."""
        return shown_url(self.url)

    @property
    def name(self) -> str:
        """What it is called in its folder."""
        return base(self.url)

    @property
    def named(self) -> tuple[str, str]:
        """What requests call it."""
        return naming(self.url, self.write_id)

    @property
    def address(self) -> str:
        """Its page."""
        return target_address(self.url, self.write_id)

    @property
    def stuck(self) -> list[tuple[str, str]]:
        """What refuses everything, and why: it cannot be moved, or is no task's to build and was named."""
        kept = [target for target in self.found.of("kept") if target.url == self.url]
        return [(shown_url(target.url), target.why) for target in (*self.found.of("cannot"), *kept)]

    @property
    def possible(self) -> bool:
        """Whether it can be done; live runs stand in the way only of who does not insist."""
        return bool(self.movable) and not (self.stuck or self.found.operations or self.found.cut)


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /targets/invalidate` shows the plan; `POST` has it done, and goes to the page of the operation."""

    @pages.get(f"{PATH}/invalidate")
    def plan_invalidation() -> Response:
        # looking at targets takes a process: as in the API, it is not for who may only read
        demand("run")
        return _page(services, request.args)

    @pages.post(f"{PATH}/invalidate")
    def invalidate_target() -> Response:
        sent = request.form
        told: dict[str, Any] = {"urls": [named(services, sent)], "note": sent.get("note", "").strip()}
        body = of_form(InvalidationBody, {**told, "downstream": "only" not in sent})
        wanted = Demand(actor("form"), body.note, even_if_running="even_if_running" in sent)
        try:
            begun = services.operations.invalidate(body.wish(), wanted, asker(current_app.extensions["long_requests"]))
        except Conflict as conflict:
            return _page(services, sent, 409, str(conflict))
        return redirect(f"/operations/{begun.id}", 303)


def _page(services: Services, asked: Mapping[str, str], status: int = 200, refused: str = "") -> Response:
    if asks_for_frame_only():
        return page(FRAME, ENTRY)
    url = named(services, asked)
    write = services.targets.history(url, 0).newest
    only = "only" in asked
    found = services.operations.consequences(
        Wish((url,), downstream=not only), asker(current_app.extensions["long_requests"])
    )
    proposal = Proposal(url=url, write_id=write.id, only=only, found=found)
    return page("invalidate.html", ENTRY, status, proposal=proposal, refused=refused, note=asked.get("note", ""))
