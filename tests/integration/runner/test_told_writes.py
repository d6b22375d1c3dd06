"""A child tells what its tasks write, in its own process and in forked ones, with private values hidden."""

import hashlib

import pytest


@pytest.fixture
def written(attempt, results):
    """The `written` events of an attempt at a task of `writing_tasks`, by the name of the file."""

    def give(family, workers=1, environment=None, secrets=None, **parameters):
        (results / "source").touch()
        one = attempt(family, workers=workers, environment=environment, module="writing_tasks", **parameters)
        one.start(**(secrets or {})).wait()
        return {
            event.data["url"].removeprefix(f"{results}/"): event.data
            for event in one.events()
            if event.kind == "written"
        }

    return give


@pytest.mark.parametrize("workers", [1, 2])
def test_what_our_targets_tell_and_what_a_look_at_stock_ones_tells(written, results, workers):
    found = written("Ours", workers=workers)

    assert set(found) == {"stock", "ours", "extra-x"}
    stock, ours = found["stock"], found["ours"]
    assert (stock["observed"], stock["size"], stock["inputs"][0]["url"]) == (True, 6, str(results / "source"))
    assert ours["sha256"] == hashlib.sha256(b"stock\n").hexdigest()
    assert "observed" not in ours
    # what was read is the version that was looked at before
    assert ours["inputs"] == [{"url": str(results / "stock"), "version": stock["version"]}]


def test_private_values_are_hidden_in_what_is_told(written, results):
    found = written("Ours", secrets={"password": "a-secret-name"})
    assert set(found) == {"stock", "ours", "extra-***"}


def test_where_provenance_is_off_what_a_look_tells_is_told_all_the_same(written, tmp_path):
    config = tmp_path / "off.cfg"
    config.write_text("[targets]\nprovenance = off\n")
    found = written("Ours", environment={"LUIGI_CONFIG_PATH": str(config)})
    assert {name: data.get("observed") for name, data in found.items()} == {"stock": True, "ours": True}


def test_the_outputs_of_all_members_of_a_batch_are_told_as_theirs(attempt, results):
    one = attempt("AllBatched")
    one.start().wait()
    told = {
        event.data["url"].removeprefix(f"{results}/"): event.task for event in one.events() if event.kind == "written"
    }
    names = {task.parameters["n"]: task_id for task_id, task in one.tasks().items() if task.family == "Batched"}
    assert told == {f"batch{n}": names[str(n)] for n in range(3)}


def test_nothing_is_told_of_what_a_failed_task_leaves_behind(written):
    assert written("Broken") == {}
