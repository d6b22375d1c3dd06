"""Plans: what a run would do now."""

from __future__ import annotations

from flask import Response

from trigger_service.domain import errors
from trigger_service.web import responses
from trigger_service.web.api.runs import REFUSALS, parameter_judge
from trigger_service.web.askers import client, gone
from trigger_service.web.openapi import raises
from trigger_service.web.part import Part
from trigger_service.web.rendering import plan_json
from trigger_service.web.replies import reply
from trigger_service.web.schemas import PlanQuery, RunBody
from trigger_service.web.services import Services
from trigger_service.web.slots import LongRequests
from trigger_service.web.validation import checked


def blueprint(services: Services, places: LongRequests) -> Part:
    """The routes."""
    api = Part("plans", __name__)

    def make(query: PlanQuery, body: RunBody) -> Response:
        """Ask what a run would do now: which tasks would run and why, what is complete, what stands in the way.

        Nothing is run. A plan takes ten seconds at most; `cut` says where it is not whole for that. It ends where the
        client hangs up. Each client has one plan made at a time (429).
        """
        plan = services.plans.make(body.request(), client(), gone(places))
        return reply(plan_json(plan, query.state, query.limit))

    def end() -> Response:
        """End the plan or calendar that this client has under way, if there is one: its request is answered by 409."""
        services.turns.end(client())
        return Response(status=204)

    told = raises(*REFUSALS, errors.PlanEnded, errors.Busy, errors.LaunchFailed)
    api.post("/plans", responses={200: responses.PLAN}, openapi_extensions=told)(
        checked(make, parameter_judge(services))
    )
    api.delete("/plans", responses={204: None})(checked(end))
    return api
