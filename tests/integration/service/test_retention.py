"""Old runs go, with all that is known of them, and nothing else does."""

import threading
import time

import pytest
from polling import until

from trigger_service.domain.admission import Limits
from trigger_service.domain.errors import RunNotFound
from trigger_service.domain.queries import Idempotency
from trigger_service.domain.retention import DAY_S, Keep
from trigger_service.domain.run import RunRequest, Trigger
from trigger_service.service.housekeeper import Housekeeper
from trigger_service.service.retention import Retention
from trigger_service.store import idempotency
from trigger_service.store.tables import attempts, journal, offsets, runs, tasks

LATER = 400 * DAY_S
NOTHING = Keep(days=1e-9)


def works(child):
    child.log("hello")
    child.task("Work_1")


def pruned(house, keep, now=None):
    return Retention(house.home, house.database, keep, lambda _: None).prune(time.time() if now is None else now)


def tidied(house, *ended):
    """Wait until nothing is left to do for runs that have ended."""
    for run in ended:
        house.end_of(run)
    until(lambda: not unburied(house), "all attempts are buried")


def unburied(house):
    with house.database.read() as connection:
        return connection.execute(attempts.select().where(attempts.c.buried.is_(False))).all()


def rows_of(house, run):
    with house.database.read() as connection:
        return {
            table.name: len(connection.execute(table.select().where(column == run.id)).all())
            for table, column in [
                (runs, runs.c.id),
                *((table, table.c.run_id) for table in (attempts, tasks, journal, offsets)),
            ]
        }


def folder_of(house, run):
    return house.home / "runs" / run.id


def test_an_old_run_goes_with_its_rows_and_its_folder(house):
    # Given a run that has ended, and one of a year later
    house = house(works)
    old = house.submit(parameters={"n": "1"})
    tidied(house, old)
    assert all(rows_of(house, old).values())
    assert folder_of(house, old).is_dir()
    # When
    done = pruned(house, Keep(), time.time() + LATER)
    # Then
    assert dict(done.runs) == {"age": 1}
    assert done.kept == 0
    assert done.folders_freed > 0
    assert done.folders == 0
    assert not any(rows_of(house, old).values())
    assert not folder_of(house, old).exists()
    with pytest.raises(RunNotFound):
        house.run(old.id)


def test_a_preview_says_what_would_go_and_changes_nothing(house):
    # Given
    house = house(works)
    old = house.submit(parameters={"n": "1"})
    tidied(house, old)
    # When
    told = Retention(house.home, house.database, NOTHING, lambda _: None).preview(time.time() + 1)
    # Then
    assert dict(told.runs) == {"age": 1}
    assert told.folders_freed == told.folders > 0
    assert house.run(old.id).state == "succeeded"
    assert folder_of(house, old).is_dir()


def test_live_and_queued_runs_stay(house):
    # Given a run that goes on, and one that is queued behind it
    go = threading.Event()

    def waits(child):
        child.wait(go)

    house = house(waits, limits=Limits(runs=1))
    running = house.until(house.submit(parameters={"n": "1"}), "running")
    queued = house.submit(parameters={"n": "2"})
    # When
    done = pruned(house, NOTHING, time.time() + LATER)
    # Then
    assert dict(done.runs) == {}
    assert house.run(running.id).state == "running"
    assert house.run(queued.id).state == "queued"
    assert folder_of(house, running).is_dir()
    go.set()
    house.end_of(queued)


def test_a_run_that_was_retried_stays_as_long_as_its_retry(house):
    # Given a run, and a retry of it
    house = house(works)
    old = house.submit(parameters={"n": "1"})
    tidied(house, old)
    retry = house.triggers.retry(old.id, Trigger("api", "test"))
    tidied(house, retry)
    # When both are too old
    first = pruned(house, NOTHING, time.time() + 1)
    # Then the retry goes, and only then its origin
    assert dict(first.runs) == {"age": 1}
    assert house.run(old.id).id == old.id
    with pytest.raises(RunNotFound):
        house.run(retry.id)
    assert dict(pruned(house, NOTHING, time.time() + 1).runs) == {"age": 1}


def test_a_run_that_a_repeated_request_may_ask_for_stays_for_seven_days(house):
    # Given
    house = house(works)
    asked = Idempotency("somebody", "a key", "a body")
    request = RunRequest("Work", parameters={"n": "1"})
    old = house.triggers.submit(request, Trigger("api", "test"), asked).run
    tidied(house, old)
    # When it is looked at soon, and again when the key is forgotten
    soon = pruned(house, NOTHING, time.time() + idempotency.KEPT_S - 100)
    replayed = house.triggers.submit(request, Trigger("api", "test"), asked)
    late = pruned(house, NOTHING, time.time() + idempotency.KEPT_S + 1)
    # Then
    assert dict(soon.runs) == {}
    assert (replayed.run.id, replayed.replayed) == (old.id, True)
    assert dict(late.runs) == {"age": 1}


def test_a_run_with_thousands_of_rows_goes_piece_by_piece(house):
    # Given
    def many(child):
        for number in range(1500):
            child.task(f"Work_{number}")

    house = house(many)
    old = house.submit(parameters={"n": "1"})
    tidied(house, old)
    assert rows_of(house, old)["journal"] > 4000
    rests = []
    # When
    done = Retention(house.home, house.database, NOTHING, rests.append).prune(time.time() + 1)
    # Then
    assert dict(done.runs) == {"age": 1}
    assert len(rests) > 3
    assert not any(rows_of(house, old).values())


def test_the_file_becomes_smaller(house):
    # Given a database with many rows
    house = house(works)
    old = house.submit(parameters={"n": "x" * 3_000_000})
    tidied(house, old)
    house.database.checkpoint()
    before = house.database.path.stat().st_size
    # When
    done = pruned(house, NOTHING, time.time() + 1)
    # Then
    assert before - house.database.path.stat().st_size > 2_000_000
    assert done.database_freed > 0


def test_a_folder_without_a_run_is_left_alone(house):
    # Given a folder that a database of yesterday knows nothing of
    house = house(works)
    old = house.submit(parameters={"n": "1"})
    tidied(house, old)
    stranger = house.home / "runs" / "0198a000-0000-7000-8000-000000000000"
    stranger.mkdir()
    # When
    pruned(house, NOTHING, time.time() + 1)
    # Then
    assert stranger.is_dir()
    assert not folder_of(house, old).exists()


def test_a_folder_that_cannot_be_deleted_is_tried_again(house):
    # Given a folder in which something lies that even its owner cannot delete now
    house = house(works)
    old = house.submit(parameters={"n": "1"})
    tidied(house, old)
    mended = folder_of(house, old).with_name("mended")
    folder_of(house, old).rename(mended)
    folder_of(house, old).write_text("a file in the place of a folder")
    pruned(house, NOTHING, time.time() + 1)
    assert folder_of(house, old).exists()
    # When
    folder_of(house, old).unlink()
    mended.rename(folder_of(house, old))
    pruned(house, NOTHING, time.time() + 1)
    # Then
    assert not folder_of(house, old).exists()


def test_the_housekeeper_looks_by_itself_and_tells_what_went(house):
    # Given
    house = house(works)
    old = house.submit(parameters={"n": "1"})
    tidied(house, old)
    keeper = Housekeeper(house.home, house.database, Keep(days=1e-9, every_s=0.05))
    # When
    keeper.start()
    try:
        until(lambda: keeper.runs["age"], "the run went")
    finally:
        keeper.stop()
    # Then
    assert keeper.freed > 0
    assert not folder_of(house, old).exists()
    assert list((house.home / "runs").iterdir()) == []
