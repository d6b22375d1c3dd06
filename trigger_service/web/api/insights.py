"""What a run was made of, what it was to leave behind, and how it differs from another."""

from __future__ import annotations

from flask import Response

from trigger_service.web import insight_documents
from trigger_service.web.part import Part
from trigger_service.web.rendering import comparison_json, graph_json, targets_json
from trigger_service.web.replies import read_reply
from trigger_service.web.schemas import DiffPath, DiffQuery, GraphQuery, RunPath, TargetsQuery
from trigger_service.web.services import Services
from trigger_service.web.validation import checked


def blueprint(services: Services) -> Part:
    """The routes."""
    api = Part("insights", __name__)

    def graph(path: RunPath, query: GraphQuery) -> Response:
        """Show the tasks of a run's newest attempt and what they require of each other.

        Tasks come breadth first from the root; those beyond `limit` are counted in `left_out`.
        """
        return read_reply(graph_json(services.insights.graph(path.run_id, query.limit)))

    def targets(path: RunPath, query: TargetsQuery) -> Response:
        """List the outputs of a run's tasks: declared ones, whether they existed, and what was written.

        `exists` is what the run knew last (null where nothing says so); no target is asked again for it.
        """
        wanted = [
            target
            for target in services.insights.targets(path.run_id)
            if (query.task is None or query.task in (target.task_id, target.family))
            and (query.exists is None or target.exists is query.exists)
        ]
        return read_reply(targets_json(wanted, query.limit))

    def diff(path: DiffPath, query: DiffQuery) -> Response:
        """Compare two runs: what was asked for, the code, how they went, and the tasks of their newest attempts.

        Tasks that only one run has stand beside each other where each is the only one of its family. Durations differ
        where they are more than 0.1 s and a fifth of the longer one apart.
        """
        return read_reply(comparison_json(services.insights.comparison(path.run_id, path.other_id), query.limit))

    api.get("/runs/<run_id>/graph", responses={200: insight_documents.GraphDocument})(checked(graph))
    api.get("/runs/<run_id>/targets", responses={200: insight_documents.TargetsDocument})(checked(targets))
    api.get("/runs/<run_id>/diff/<other_id>", responses={200: insight_documents.ComparisonDocument})(checked(diff))
    return api
