"""Targets taken away, built again and put back in a real service, by the tasks' own code."""

from pathlib import Path

from polling import until

ALL = ["Joined", "Left", "Report", "given", "raw", "right"]


def test_the_closure_of_a_file_spans_pipelines_and_goes_and_comes_as_one(town):
    town.build("Joined", "Report", name="a")
    town.written(town.path("a.Report"))

    plan = town.post("/targets/plan", 200, urls=[town.path("a.raw")])

    moved = {target["url"] for task in plan["tasks"] for target in task["targets"]}
    assert moved == {town.path(f"a.{kind}") for kind in ("raw", "Left", "right", "Joined", "Report")}
    assert (plan["targets"], plan["possible"]) == (5, True)
    assert plan["bytes"] == sum(Path(path).stat().st_size for path in moved)
    assert plan["expected"]["basis"] == "tasks"

    operation = town.over(town.post("/targets/invalidate", urls=[town.path("a.raw")]))
    assert (operation["state"], operation["counts"]["trashed"]) == ("moved", 5)
    assert town.names("a") == ["given"]
    assert len(town.waiting()[operation["id"]]) == 5

    undone = town.over(town.post(f"/operations/{operation['id']}/undo"))
    assert undone["state"] == "undone"
    assert town.names("a") == ALL
    assert operation["id"] not in town.waiting()
    assert Path(town.path("a.Joined")).read_text() == "Joined+Left+Raw+given+Right+Raw+given"


def test_what_was_taken_away_is_built_again_by_the_next_run_and_then_stays(town):
    town.build("Joined", name="b")
    town.written(town.path("b.right"))
    operation = town.over(town.post("/targets/invalidate", urls=[town.path("b.right")]))
    assert town.names("b") == ["Left", "given", "raw"]

    town.build("Joined", name="b")
    assert [town.runs_of(family, "b") for family in ("Raw", "Left", "Right", "Joined")] == [1, 1, 2, 2]

    refused = town.post(f"/operations/{operation['id']}/undo", 409)
    assert "b.right: it has been built again meanwhile" in refused["detail"]
    assert len(town.waiting()[operation["id"]]) == 2


def test_a_retry_of_everything_builds_all_of_a_run_again_but_external_data(town):
    old = town.build("Joined", name="c")

    run = town.post(f"/runs/{old}/retry", everything=True, note="from scratch")
    town.reaches(run["id"], "succeeded")

    assert run["retry_of"] == old
    assert [town.runs_of(family, "c") for family in ("Raw", "Left", "Right", "Joined")] == [2, 2, 2, 2]
    assert "given" in town.names("c")
    (operation,) = town.get(f"/operations?run={run['id']}")["items"]
    assert (operation["kind"], operation["state"], operation["note"]) == ("retry", "moved", "from scratch")
    assert "built again meanwhile" in town.post(f"/operations/{operation['id']}/undo", 409)["detail"]


def test_a_retry_from_a_task_builds_that_task_and_what_requires_it(town):
    old = town.build("Joined", name="d")
    left = next(task["task_id"] for task in town.get(f"/runs/{old}/tasks")["items"] if task["family"] == "Left")

    run = town.post(f"/runs/{old}/retry", from_task=left)
    town.reaches(run["id"], "succeeded")

    assert [town.runs_of(family, "d") for family in ("Raw", "Left", "Right", "Joined")] == [1, 2, 1, 2]


def test_a_target_of_ones_own_that_cannot_move_has_everything_refused_before_anything_moves(town):
    old = town.build("Unmovable", name="e")
    refused = town.post(f"/runs/{old}/retry", 409, everything=True)
    assert refused["type"] == "/problems/targets-stay"
    assert "e.own: a OwnTarget cannot be moved: only local files can" in refused["detail"]
    assert town.names("e") == ["given", "own", "raw"]
    assert [run for run in town.get("/runs?pipeline=Unmovable")["items"] if run["retry_of"] == old] == []


def test_private_values_of_a_run_build_its_root_and_those_of_other_tasks_are_on_no_record(town):
    (town.data / "f.given").write_text("given")
    old = town.trigger_with("Secret", {"name": "f", "password": "hunter2"})
    town.reaches(old, "succeeded")
    run = town.post(f"/runs/{old}/retry", everything=True)
    town.reaches(run["id"], "succeeded")
    assert town.runs_of("Secret", "f") == 2

    old = town.build("OverSecret", name="g")
    refused = town.post(f"/runs/{old}/retry", 409, everything=True)
    assert "it has private parameters (password), whose values are on no record" in refused["detail"]
    assert town.names("g") == ["OverSecret", "Secret", "given", "raw"]


def test_a_reader_stands_in_the_way_and_one_that_is_overridden_reads_all_of_the_old_bytes(town):
    town.build("Left", name="h")
    town.written(town.path("h.Left"))
    slow = town.trigger("Slow", "h")
    until_reading(town, "h", slow)

    refused = town.post("/targets/invalidate", 409, urls=[town.path("h.Left")])
    assert refused["type"] == "/problems/targets-in-use"
    assert slow in refused["detail"]

    moved = town.over(town.post("/targets/invalidate", urls=[town.path("h.Left")], even_if_running=True))
    assert moved["state"] == "moved"
    town.go("h")
    town.reaches(slow, "succeeded")
    assert Path(town.path("h.Slow")).read_text() == "Left+Raw+given"


def until_reading(town, name, run):
    """Until the task reads, and that is on record."""
    until((town.folder / f"reading-{name}").exists, "the task reads")
    until(lambda: town.get(f"/runs/{run}")["progress"]["running"], "it is known that the task runs")
