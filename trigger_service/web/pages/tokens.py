"""The page of API tokens: who has one, what it may do, when it was last used; made and shown once, revoked for ever."""

from __future__ import annotations

import time
from typing import Any, cast

from flask import Blueprint, g, redirect, request
from werkzeug.wrappers import Response

from trigger_service.domain.access import Scope
from trigger_service.domain.errors import InvalidRequest, Problem, TokenExists, TokenNotFound
from trigger_service.domain.tokens import USUAL_DAYS, Token, expiry
from trigger_service.web.pages.exports import as_file
from trigger_service.web.pages.filled import Form
from trigger_service.web.pages.forms import written
from trigger_service.web.pages.page import page
from trigger_service.web.pages.scopes import demand
from trigger_service.web.replies import iso
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor

PATH = "/settings/tokens"
ENTRY = "settings"
_COLUMNS = ("id", "name", "scope", "state", "created_at", "expires_at", "last_used_at", "revoked_at")
_EXPECTED = "Expected days (90d), a last day to come (2031-12-31) or never"


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /settings/tokens`; `POST` makes one and shows it, `POST /settings/tokens/revoke` revokes one."""
    credentials = services.credentials

    @pages.get(PATH)
    def list_tokens() -> Response:
        kind = request.args.get("as", "")
        if kind:
            demand("admin")
            now = time.time()
            return as_file(kind, "tokens", _COLUMNS, [_cells(token, now) for token in credentials.listed()])
        return _page(services)

    @pages.post(PATH)
    def create_token() -> Response:
        form = Form(written())
        try:
            expires_at = _end(form.text("expires", f"{USUAL_DAYS}d"))
            scope = cast(Scope, form.text("scope"))  # what is none is refused
            made, secret = credentials.create(form.text("name").strip(), scope, expires_at, actor("form"))
        except InvalidRequest as refused:
            return _page(services, 422, form=form.refused(refused.problems))
        except TokenExists as conflict:
            return _page(services, 409, form=form.refused([Problem("/name", str(conflict))]))
        # no other page: a token in an address would stay in the history of the browser
        return _page(services, made=made, secret=secret)

    @pages.post(f"{PATH}/revoke")
    def revoke_token() -> Response:
        try:
            credentials.revoke(request.form.get("id", ""), actor("form"))
        except TokenNotFound as error:
            return _page(services, 409, refused=str(error))
        return redirect(PATH, 303)


def _page(services: Services, status: int = 200, **more: Any) -> Response:
    now = time.time()
    known = sorted(services.credentials.listed(), key=lambda token: (token.state(now) != "valid", -token.id))
    shown = {"tokens": known, "own": g.credential.digest, "form": Form(), "made": None, "refused": "", **more}
    return page("tokens.html", ENTRY, status, usual_days=USUAL_DAYS, **shown)


def _end(text: str) -> float | None:
    try:
        return expiry(text.strip(), time.time())
    except ValueError as error:
        raise InvalidRequest([Problem("/expires", f"{_EXPECTED}, not {text!r}.")]) from error


def _cells(token: Token, now: float) -> tuple[Any, ...]:
    moments = (token.created_at, token.expires_at, token.last_used_at, token.revoked_at)
    return (token.id, token.name, token.scope, token.state(now), *map(iso, moments))
