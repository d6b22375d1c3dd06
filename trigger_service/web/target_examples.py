"""Examples of the catalogue of targets for the OpenAPI document, by the name of the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trigger_service.domain.lineage import Lineage, node_of
from trigger_service.domain.operations import Operation
from trigger_service.domain.run import Run
from trigger_service.domain.target_writes import TargetInput, TargetWrite
from trigger_service.domain.verification import Found, verified
from trigger_service.service.target_catalogue import TargetHistory, TargetPage
from trigger_service.web.target_documents import history_json, lineage_json, page_json
from trigger_service.web.verification_documents import verification_json

_AT = 1_769_000_000.0
_MONTH = {"month": "2013-01"}


def _write(run: Run, family: str, url: str, **more: Any) -> TargetWrite:
    return TargetWrite(
        url=url,
        run_id=run.id,
        attempt=1,
        task_id=f"{family}_2013_01_5e0b71c4aa",
        family=family,
        module="tasks.flights",
        pipeline="FlightsReport",
        parameters=_MONTH,
        location="default",
        environment="default",
        code_fingerprint=run.code_fingerprint,
        code_commit=run.code_commit,
        code_dirty=False,
        **more,
    )


def target_examples(run: Run) -> Mapping[str, Any]:
    """Bodies and answers, of a story that `run` belongs to."""
    raw = _write(
        run,
        "DownloadFlights",
        "/srv/flights/data/raw/2013-01.csv",
        version="18a2f0c11d3e5a00-4e20-2c1f",
        time=_AT + 1.1,
        size=20_000,
        observed=True,
        id=17,
    )
    facts = _write(
        run,
        "LoadFlights",
        "s3://flights/facts/2013-01.parquet",
        version='"9b2cf535f27731c974343645a3985328"',
        time=_AT + 2.9,
        size=51_200,
        sha256="5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
        rows=27_004,
        inputs=(TargetInput(raw.url, raw.version),),
        id=18,
    )
    found = Found(0, True, facts.size, facts.sha256, facts.rows, facts.version)
    held = Operation("01a20821-8ace-7758-bd44-19246e62733a", "invalidate", "moved", "cli ada", "", _AT + 60, _AT + 61)
    held = held.evolve(expires_at=_AT + 61 + 7 * 86_400)
    graph = Lineage()
    graph.add(node_of(facts))
    graph.join(node_of(raw), node_of(facts))
    return {
        "CatalogueDocument": page_json(TargetPage((facts, raw), "17")),
        "TargetHistoryDocument": history_json(TargetHistory(facts, (node_of(raw),), (), run, held)),
        "LineageDocument": lineage_json(graph),
        "VerificationBody": {"url": facts.url},
        "VerificationDocument": verification_json([verified(facts, found)]),
    }
