"""All kinds of triggers at once, while processes of every kind die at random moments, judged by the tasks' ledger."""

import random
import time

import pytest
from evidence import entries, judge
from happenings import LIMITS, RESTLESS, SECTIONS, SETTINGS, Happenings
from ledger_judge import not_once
from polling import until
from random_kills import kill_again_and_again
from receivers import Receiver

#: How many are killed, and the seconds in which a slow machine does what has waited meanwhile.
KILLS, REST_S = 100, 900.0


@pytest.mark.long
@pytest.mark.timeout(2700)
def test_whatever_happens_is_done_once_though_processes_die_at_random_moments(stage):
    seed = time.time_ns() % 1_000_000
    chance = random.Random(seed)
    print(f"seed {seed}")
    with Receiver() as receiver:
        # Given schedules, webhooks, files, pipelines that follow others, a backfill and notifications, all at once
        busy = stage(limits=LIMITS, settings=SETTINGS, sections=SECTIONS)
        (busy.folder / "in").mkdir()
        load = Happenings(busy.up(), receiver, chance)
        load.begin()
        busy.wait_for_starts(1)
        # When somebody dies again and again, and everything comes to rest
        killed = kill_again_and_again(busy, load, KILLS, chance)
        load.end()
        pids = {pid for each in killed for pid in each.pids}
        wanted = load.wanted()
        print(f"{len(wanted)} tasks to be done once")
        until(lambda: not any("never" in fault for fault in not_once(wanted, entries(busy), pids)), "all ends", REST_S)
        until(load.is_at_rest, "rest", REST_S)
        # Then everything that has happened was done once, and nothing else
        assert not_once(wanted, entries(busy), pids) == []
        # And every failure was told
        assert load.untold() == []
    # And the records say the same as the tasks
    judge(busy, load.runs(), RESTLESS)
