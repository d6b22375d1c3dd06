"""Operations while the service, or a child that moves targets, is killed: each ends as was asked for, or all is back.

Nothing is ever lost: a target is in its place or in the trash, whole; and a retry has one run, however often it is
carried on.
"""

import contextlib
from pathlib import Path

import pytest
import requests
from polling import until
from town import Town

#: Points that an undoing reaches as well.
BACK = (
    "after all targets are put back",
    "between moves and what is told of them",
    "child after a target is moved",
    "child before a target is moved",
)
TRIED = ("after all targets are moved", "after all targets are put back", "child after a target is moved")
BUILT = {
    "raw": "Raw+given",
    "Left": "Left+Raw+given",
    "right": "Right+Raw+given",
    "Joined": "Joined+Left+Raw+given+Right+Raw+given",
}
TASKS = ("Raw", "Left", "Right", "Joined")


def points():
    """The fail points that are reached here only."""
    return [
        *BACK,
        "after all targets are moved",
        "after an operation is stored",
        "after the retry of an operation is stored",
        "before an operation is committed",
    ]


def cases(names):
    """Those of the service and of the child that tell most are tried each time, the others in the long run."""
    return [name if name in TRIED else pytest.param(name, marks=pytest.mark.long) for name in sorted(names)]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """`up`, with fail points that can be armed."""
    folder = tmp_path_factory.mktemp("town")
    made = Town(folder)
    made.armed = folder / "armed"
    made.armed.mkdir()
    made.set("LUIGI_TRIGGER_FAIL_POINTS", str(made.armed))
    try:
        yield made.start()
    finally:
        made.end()


def ask(town, path, **body):
    """Send a request that the service may not live to answer; wait until the point is reached, and it answers again."""
    with contextlib.suppress(requests.ConnectionError):
        town.http.post(f"{town.url}/api/v1{path}", json=body, timeout=30)
    until(lambda: is_reached(town), "the fail point", 30)

    def is_back():
        with contextlib.suppress(requests.ConnectionError):
            return town.http.get(f"{town.url}/api/v1/operations", timeout=10).ok

    until(is_back, "the service is back", 30)


def over(town, operation):
    """The operation, once nothing of it moves any more; the service may just be dying."""

    def look():
        with contextlib.suppress(requests.ConnectionError):
            return town.over(operation)

    return until(look, "the operation is over", 30)


def all_there(town, name):
    return {kind: Path(town.path(f"{name}.{kind}")).read_text() for kind in BUILT} == BUILT


def is_reached(town):
    return not list(town.armed.iterdir())


@pytest.mark.parametrize("name", cases(set(points()) - {"after all targets are put back"}))
def test_a_retry_of_everything_moves_all_and_runs_once(town, name):
    key = name.replace(" ", "-")
    old = town.build("Joined", name=key)
    (town.armed / name).touch()

    ask(town, f"/runs/{old}/retry", everything=True)
    if name == "before an operation is committed":  # then nothing was accepted, nor moved
        assert town.get(f"/operations?run={old}")["items"] == []
        assert all_there(town, key)
        ask(town, f"/runs/{old}/retry", everything=True)

    (operation,) = town.get(f"/operations?run={old}")["items"]
    operation = over(town, operation)
    assert (operation["state"], operation["reason"], operation["counts"]["trashed"]) == ("moved", "", 4)
    town.reaches(operation["run_id"], "succeeded")
    assert [run["id"] for run in town.get("/runs?limit=500")["items"] if run["retry_of"] == old] == [
        operation["run_id"]
    ]
    assert [town.runs_of(task, key) for task in TASKS] == [2] * 4
    assert all_there(town, key)
    assert len(town.waiting()[operation["id"]]) == 4
    assert is_reached(town)


@pytest.mark.parametrize("name", cases(BACK))
def test_an_undoing_puts_all_back_once(town, name):
    key = f"back-{name.replace(' ', '-')}"
    town.build("Joined", name=key)
    town.written(town.path(f"{key}.Joined"))
    operation = town.over(town.post("/targets/invalidate", urls=[town.path(f"{key}.raw")]))
    (town.armed / name).touch()

    ask(town, f"/operations/{operation['id']}/undo")

    undone = over(town, operation)
    assert (undone["state"], undone["reason"], undone["counts"]["restored"]) == ("undone", "", 4)
    assert all_there(town, key)
    assert operation["id"] not in town.waiting()
    assert [town.runs_of(task, key) for task in TASKS] == [1] * 4
    assert is_reached(town)
