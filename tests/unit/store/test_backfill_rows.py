"""The rows of backfills and of their parts."""

from __future__ import annotations

from trigger_service.domain.backfills import Backfill, Part
from trigger_service.domain.run import RunRequest
from trigger_service.store import backfills as table


def make(connection, number, *states, **more):
    made = Backfill(
        **{
            "id": f"019be1f4-5a10-7c21-8f0e-{number:012}",
            "request": RunRequest("Daily", pools=("p",), labels={"team": "a"}),
            "parameter": "day",
            "order": "oldest",
            "parallel": 1,
            "wish": "running",
            "actor": "cli ada",
            "created_at": 1.0,
            "updated_at": 2.0,
            **more,
        }
    )
    table.insert(
        connection, made, [Part(made.id, position, [position], state) for position, state in enumerate(states)]
    )
    return made


def test_a_backfill_is_read_as_it_was_stored(database):
    with database.write() as connection:
        made = make(connection, 1, "complete", "waiting")

        assert table.get(connection, made.id) == made
        assert table.listed(connection, None, 9) == [made]
        assert table.page(connection, made.id, (), -1, 9)[1] == Part(made.id, 1, [1], "waiting")


def test_a_part_starts_only_while_it_waits_and_fewer_runs_are_live_than_may_be_and_the_backfill_goes_on(database):
    with database.write() as connection:
        made = make(connection, 1, "waiting", "waiting")
        first, second = table.page(connection, made.id, (), -1, 9)

        assert table.start(connection, first, "r1")
        assert not table.start(connection, first, "r2")
        assert not table.start(connection, second, "r2")
        table.change(connection, made.evolve(parallel=2, wish="paused"))
        assert not table.start(connection, second, "r2")
        table.change(connection, made.evolve(parallel=2))
        assert table.start(connection, second, "r2")
        assert [part.run_id for part in table.page(connection, made.id, (), -1, 9)] == ["r1", "r2"]


def test_of_many_backfills_the_oldest_that_are_over_go(database, monkeypatch):
    monkeypatch.setattr(table, "KEPT", 2)
    with database.write() as connection:
        kept = make(connection, 1, "succeeded", "waiting")
        for number in (2, 3, 4):
            last = make(connection, number, "succeeded")

        assert [made.id[-1] for made in table.listed(connection, None, 9)] == ["4", "3", "1"]
        assert table.counts(connection, [kept.id, last.id])[kept.id]["waiting"] == 1
