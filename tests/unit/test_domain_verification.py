"""What a target that was read again is, beside what is on record of it."""

import pytest

from trigger_service.domain.target_writes import TargetWrite
from trigger_service.domain.verification import Claim, Claims, Found, verified


def write(**marks):
    task = {"task_id": "T_1", "family": "T", "module": "m", "pipeline": "P", "parameters": {}, "time": 1.0}
    place = {"location": "default", "environment": "default"}
    return TargetWrite(**{"url": "/a", "version": "1", "run_id": "r", "attempt": 1, **task, **place, **marks})


@pytest.mark.parametrize(
    ("recorded", "found", "verdict", "differs"),
    [
        ({"size": 3, "sha256": "ab"}, {"size": 3, "sha256": "ab", "version": "1"}, "ok", ()),
        # touched, or copied back: the content decides
        ({"size": 3, "sha256": "ab"}, {"size": 3, "sha256": "ab", "version": "2"}, "ok", ("version",)),
        ({"size": 3, "sha256": "ab"}, {"size": 3, "sha256": "cd", "version": "1"}, "changed", ("sha256",)),
        ({"size": 3, "sha256": "ab"}, {"size": 4, "sha256": "cd"}, "changed", ("size", "sha256")),
        ({}, {"exists": False}, "missing", ()),
        ({"sha256": "ab"}, {"exists": None, "why": "PermissionError"}, "unreadable", ()),
        # looked at only: a size that is other, or a version that is, are a change
        ({"size": 3}, {"size": 3, "sha256": "ab", "version": "1"}, "no_checksum", ()),
        ({"size": 3}, {"size": 4, "sha256": "ab"}, "changed", ("size",)),
        ({"size": 3}, {"size": 3, "sha256": "ab", "version": "2"}, "changed", ("version",)),
        ({"version": ""}, {"size": 3, "sha256": "ab"}, "no_checksum", ()),
        # a table has rows
        ({"rows": 7}, {"rows": 7, "version": "1"}, "ok", ()),
        ({"rows": 7}, {"rows": 6, "version": "1"}, "changed", ("rows",)),
        ({"rows": 7}, {"rows": 7, "version": "2"}, "ok", ("version",)),
        # what can verify itself
        ({}, {"itself": True, "faults": ("changed: part-1",)}, "changed", ()),
        ({"size": 9}, {"itself": True, "version": "1"}, "ok", ()),
        ({"size": 9}, {"itself": True, "version": "2"}, "changed", ("version",)),
    ],
)
def test_the_verdict(recorded, found, verdict, differs):
    said = verified(write(**recorded), Found(**{"claim": 0, "exists": True, **found}))
    assert (said.verdict, said.differs) == (verdict, differs)
    assert said.why


def test_the_rows_of_a_file_are_not_what_tells_its_content():
    said = verified(write(size=3, rows=7, sha256=""), Found(0, True, size=3, rows=7, sha256="ab", version="2"))
    assert said.verdict == "changed"


def test_claims_are_read_as_they_were_written():
    claims = Claims((Claim("/a", "T", {"n": "1"}, root=True),))
    assert Claims.from_json(claims.to_json()) == claims
