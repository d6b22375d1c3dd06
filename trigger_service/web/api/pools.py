"""Pools: how many runs may be live at once; and who has changed what."""

from __future__ import annotations

from flask import Response

from trigger_service.domain import errors
from trigger_service.web import pool_documents as documents
from trigger_service.web.openapi import raises
from trigger_service.web.part import Part
from trigger_service.web.pool_documents import audit_json, pool_json
from trigger_service.web.replies import read_reply, reply
from trigger_service.web.services import Services
from trigger_service.web.submissions import actor
from trigger_service.web.validation import checked


def blueprint(services: Services) -> Part:
    """The routes."""
    api = Part("pools", __name__)
    pools = services.pools

    def index(query: documents.PoolsQuery) -> Response:
        """List the pools, with the runs that hold their slots and those that wait for one.

        `all` is that of all runs, `pipeline:NAME` that of a pipeline; the others have names that requests give.
        """
        return read_reply({"items": [pool_json(pool, query.limit) for pool in pools.listed()]})

    def show(path: documents.PoolPath, query: documents.PoolsQuery) -> Response:
        """Show a pool."""
        return read_reply(pool_json(pools.get(path.name), query.limit))

    def resize(path: documents.PoolPath, body: documents.PoolBody) -> Response:
        """Set the slots of a pool, from now on; one of a new name is made.

        It outlives a restart, and counts instead of what luigi.cfg says. Fewer slots end no run: nothing more starts
        until there is room.
        """
        return reply(pool_json(pools.resize(path.name, body.slots, actor()), 0))

    def reset(path: documents.PoolPath) -> Response:
        """Go back to what luigi.cfg says of a pool; one that it says nothing of is removed."""
        pools.reset(path.name, actor())
        return Response(status=204)

    def audit(query: documents.AuditQuery) -> Response:
        """List the changes that people have made to how runs are started, newest first."""
        return read_reply(
            {"items": [audit_json(row) for row in pools.changes(query.subject, query.before, query.limit)]}
        )

    gone = raises(errors.PoolNotFound)
    api.get("/pools", responses={200: documents.PoolsDocument})(checked(index))
    api.get("/pools/<name>", responses={200: documents.PoolDocument}, openapi_extensions=gone)(checked(show))
    api.put("/pools/<name>", responses={200: documents.PoolDocument})(checked(resize))
    told = raises(errors.PoolNotFound, errors.PoolInUse)
    api.post("/pools/<name>/reset", responses={204: None}, openapi_extensions=told)(checked(reset))
    api.get("/audit", responses={200: documents.AuditDocument})(checked(audit))
    return api
