"""The log of a run: a page of its own, and the lines that a page which shows it asks for."""

from __future__ import annotations

from flask import Blueprint, Response, request

from trigger_service.web.pages.logpanel import LogPanel
from trigger_service.web.pages.page import page
from trigger_service.web.services import Services

#: The template of the log, which has parts of its own.
LOG = "log.html"


def add_routes(pages: Blueprint, services: Services) -> None:
    """`GET /runs/ID/log` is the page, `GET /runs/ID/logs` gives lines alone, by the same query."""

    @pages.get("/runs/<run_id>/log")
    def log(run_id: str) -> Response:
        run = services.insights.run(run_id)
        return page("runlog.html", "runs", within=[LOG], run=run, log=LogPanel(services.logs, run, request.args))

    @pages.get("/runs/<run_id>/logs")
    def lines(run_id: str) -> Response:
        run = services.insights.run(run_id)
        return page("loglines.html", "runs", run=run, log=LogPanel(services.logs, run, request.args))
