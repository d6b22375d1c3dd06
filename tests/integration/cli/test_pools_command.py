"""`pools list`, `show`, `resize` and `reset` against a running service, and what the API says along."""

import json

import pytest

from trigger_service.client import ApiError, Client


@pytest.fixture
def full(served):
    """The pool `lab` with one slot, a run that holds it, and one that waits for it."""
    with Client(served.url) as client:
        client.pools.save("lab", body={"slots": 1})
        holder = client.run("Gated", {"n": 1}, pools=["lab"]).id
        served.running(holder)
        yield client, holder, client.run("Gated", {"n": 2}, pools=["lab"]).id
        served.gate.set()


def test_pools_are_listed_shown_and_resized(luigi_trigger, full):
    # Given
    client, holder, waiting = full
    reason = f"waits for a slot: pool lab may have 1 live at once, held by {holder}"
    # Then
    assert "lab\t1\t1\t1\n" in luigi_trigger("pools", "list").out
    shown = luigi_trigger("pools", "show", "lab").out.splitlines()
    assert shown == [f"{holder}\tholds a slot\tGated\t", f"{waiting}\twaits\tGated\t{reason}"]
    assert client.get(waiting)["reason"] == reason
    # When there is room
    told = json.loads(luigi_trigger("--json", "pools", "resize", "lab", "2").out)
    # Then it starts
    assert (told["name"], told["slots"], told["configured"], told["resized"]) == ("lab", 2, None, True)
    assert all(event.data["data"]["to"] == "starting" for event in _changes(client, waiting, 1))


def _changes(client, run_id, count):
    changes = (event for event in client.events(run_id, 20) if event.kind == "state" and event.data["data"]["from"])
    return [next(changes) for _ in range(count)]


def test_what_cannot_be_done_is_said(luigi_trigger, full):
    client, holder, _ = full
    assert luigi_trigger("pools", "show", "nothing").code == 3
    refused = luigi_trigger("pools", "reset", "lab")
    assert refused.code == 5
    assert f"run {holder} names it and has not ended" in refused.err
    refused = luigi_trigger("pools", "resize", "no pool", "1")
    assert refused.code == 2
    assert "'no pool' is no name of a pool; expected all" in refused.err
    with pytest.raises(ApiError, match="less than or equal to 10000"):
        client.pools.save("lab", body={"slots": 10_001})


def test_who_has_changed_a_pool_is_on_record(luigi_trigger, served):
    # When
    for command in (("resize", "lab", "3"), ("resize", "all", "5"), ("reset", "lab"), ("reset", "all")):
        assert luigi_trigger("pools", *command).code == 0
    # Then
    found = served.app.test_client().get("/api/v1/audit").json["items"]
    assert [(row["action"], row["subject"], row["before"], row["after"]) for row in found] == [
        ("pool reset", "pool all", {"slots": 5}, {"slots": 16}),
        ("pool removed", "pool lab", {"slots": 3}, None),
        ("pool resized", "pool all", {"slots": 16}, {"slots": 5}),
        ("pool made", "pool lab", None, {"slots": 3}),
    ]
    assert all(row["actor"].startswith("cli ") for row in found)
    older = served.app.test_client().get(f"/api/v1/audit?subject=pool%20lab&before={found[1]['id']}").json["items"]
    assert [row["id"] for row in older] == [found[3]["id"]]
