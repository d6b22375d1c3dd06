"""The memory behind `/wait`."""

import asyncio
import itertools

import pytest

from trigger_service.luigid import changes as module
from trigger_service.luigid.changes import Changes


def test_versions_grow_over_restarts() -> None:
    first, second = Changes(now=1000.0), Changes(now=1001.0)
    first.record("a")

    assert second.version > first.version


def test_a_change_after_the_version_is_news_at_once_and_one_before_is_not() -> None:
    async def scenario() -> None:
        changes = Changes(now=1.0)
        before = changes.version
        changes.record("a")

        assert await changes.wait(["b", "a"], before, 10) == before + 1
        assert await changes.wait(["a"], before + 1, 0) == before + 1
        assert await changes.wait(["b"], before, 0) == before + 1

    asyncio.run(scenario())


@pytest.mark.parametrize("offset", [-1, 1])
def test_a_version_of_another_luigid_is_answered_at_once(offset: int) -> None:
    async def scenario() -> None:
        changes = Changes(now=1.0)
        async with asyncio.timeout(5):
            await changes.wait(["a"], changes.version + offset, 60)

    asyncio.run(scenario())


def test_only_those_who_wait_for_the_task_or_for_anything_are_woken() -> None:
    async def scenario() -> None:
        changes = Changes(now=1.0)
        version = changes.version
        waits = [asyncio.ensure_future(changes.wait(tasks, version, 60)) for tasks in (["a"], ["b"], ["b", "a"], [])]
        await asyncio.sleep(0)

        changes.record("a")
        done, pending = await asyncio.wait(waits, timeout=module.GATHER_S * 4)

        assert (done, pending) == ({waits[0], waits[2], waits[3]}, {waits[1]})
        changes.wake_all()
        await waits[1]
        assert changes.waiting == 0

    asyncio.run(scenario())


def test_a_wait_that_is_cancelled_or_ends_in_time_leaves_nothing_behind() -> None:
    async def scenario() -> None:
        changes = Changes(now=1.0)
        await changes.wait(["a", "b"], changes.version, 0.01)
        await changes.wait([], changes.version, 0.01)
        cancelled = asyncio.ensure_future(changes.wait(["a"], changes.version, 60))
        await asyncio.sleep(0)
        assert changes.waiting == 1

        cancelled.cancel()
        await asyncio.wait([cancelled])

        assert changes.waiting == 0

    asyncio.run(scenario())


def test_changes_that_are_forgotten_count_as_news() -> None:
    async def scenario() -> None:
        changes = Changes(now=1.0)
        changes.record("first")
        version = changes.version
        for number in range(module.REMEMBERED + 1):
            changes.record(str(number))

        async with asyncio.timeout(5):
            await changes.wait(["first"], version - 1, 60)
            await changes.wait(["0"], version, 60)
        assert await changes.wait(["first"], changes.version, 0) == changes.version

    asyncio.run(scenario())


def test_many_changes_wake_those_who_wait_for_anything_once() -> None:
    async def scenario() -> int:
        changes = Changes(now=1.0)
        version, woken = changes.version, itertools.count()
        while next(woken) < 2:
            wait = asyncio.ensure_future(changes.wait([], version, 60))
            await asyncio.sleep(0)
            for number in range(1000):
                changes.record(str(number))
            version = await wait
        return version - changes.version

    assert asyncio.run(scenario()) == 0
