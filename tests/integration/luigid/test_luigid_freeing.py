"""Ended workers: what they held goes to those who wait for it, at once, and to nobody else."""

import json
import time

import pytest
from luigids import Bench, Luigid


@pytest.fixture
def luigid(bench: Bench) -> Luigid:
    return bench.luigid()


def add(luigid: Luigid, worker: str, task_id: str, **rest) -> None:
    luigid.call("add_task", worker=worker, task_id=task_id, family="F", module="m", **rest)


class TestFreeing:
    RUN = "0192d3a0-0000-7000-8000-000000000001"

    def test_only_that_attempt_is_freed_and_twice_is_no_harm(self, luigid: Luigid, central) -> None:
        for attempt in (1, 10):
            worker = f"run:{self.RUN}:{attempt}:0"
            add(luigid, worker, f"F_{attempt}")
            luigid.call("get_work", worker=worker)

        assert central(luigid).free(self.RUN, 1) == ("F_1",)
        assert central(luigid).free(self.RUN, 1) == ()

        running = luigid.call("task_list", status="RUNNING")
        assert running.keys() == {"F_10"}

    def test_what_it_had_not_begun_goes_to_nobody_by_mistake(self, luigid: Luigid, central) -> None:
        worker = f"run:{self.RUN}:1:0"
        add(luigid, worker, "F_1")
        add(luigid, worker, "F_2")
        add(luigid, "B", "F_2")
        luigid.call("get_work", worker=worker)

        central(luigid).free(self.RUN, 1)

        assert luigid.call("get_work", worker=worker)["worker_state"] == "disabled"
        assert luigid.call("get_work", worker="B")["task_id"] == "F_2"
        assert luigid.call("get_work", worker="B", current_tasks=["F_2"])["task_id"] is None
        assert worker not in [w["name"] for w in luigid.call("worker_list") if w["state"] == "active"]

    def test_what_others_found_complete_is_done_although_it_could_not_say_so_itself(self, luigid, central) -> None:
        # Given a task that was published by a worker which died before it could tell
        worker = f"run:{self.RUN}:1:0"
        add(luigid, worker, "F_1")
        luigid.call("get_work", worker=worker)
        # And somebody who needs it and has found it complete
        add(luigid, "B", "F_1", status="DONE", runnable=False)
        add(luigid, "B", "F_2", deps=["F_1"])
        assert luigid.call("task_list", status="RUNNING").keys() == {"F_1"}
        # When the first one's end is known
        central(luigid).free(self.RUN, 1)
        # Then the other can go on, and whoever adds the task again may have it
        assert luigid.call("get_work", worker="B")["task_id"] == "F_2"
        add(luigid, "C", "F_1")
        assert luigid.call("get_work", worker="C")["task_id"] == "F_1"

    def test_what_was_found_complete_in_an_earlier_execution_says_nothing_of_this_one(self, luigid, central) -> None:
        # Given a task that somebody found complete while it ran, and that then failed
        add(luigid, "A", "F_1")
        luigid.call("get_work", worker="A")
        add(luigid, "B", "F_1", status="DONE", runnable=False)
        add(luigid, "A", "F_1", status="FAILED", expl="its target was removed again")
        # When it runs again, and its worker dies
        worker = f"run:{self.RUN}:1:0"
        add(luigid, worker, "F_1")
        add(luigid, "C", "F_1")
        assert luigid.call("get_work", worker=worker)["task_id"] == "F_1"
        central(luigid).free(self.RUN, 1)
        # Then it is not done
        assert luigid.call("get_work", worker="C")["task_id"] == "F_1"

    def test_a_freed_task_keeps_its_resources_and_its_retries(self, luigid: Luigid, central) -> None:
        luigid.call("update_resource", resource="gpu", amount=1)
        policy = {"retry_count": 2, "disable_hard_timeout": None, "disable_window": None}
        worker = f"run:{self.RUN}:1:0"
        for name in (worker, "B"):
            add(luigid, name, "F_1", resources={"gpu": 1}, retry_policy_dict=policy)
        luigid.call("get_work", worker=worker)
        central(luigid).free(self.RUN, 1)

        luigid.call("get_work", worker="B")

        assert luigid.call("resource_list")[0]["num_used"] == 1
        add(luigid, "B", "F_1", status="FAILED", resources={"gpu": 1}, retry_policy_dict=policy, expl="no")
        assert luigid.call("blockers", worker="B")["failed"][0]["status"] == "FAILED"

    def test_a_batch_falls_apart_into_its_tasks(self, luigid: Luigid, central) -> None:
        worker = f"run:{self.RUN}:1:0"
        luigid.call("add_task_batcher", worker=worker, task_family="F", batched_args=["n"])
        for n in ("1", "2"):
            for name in (worker, "B"):
                add(luigid, name, f"F_{n}", params={"n": n}, batchable=True)
        batch = luigid.call("get_work", worker=worker)
        add(luigid, worker, "F_1_2", params={"n": "1,2"}, status="RUNNING", batch_id=batch["batch_id"])

        assert sorted(central(luigid).free(self.RUN, 1)) == ["F_1", "F_1_2", "F_2"]

        granted = [luigid.call("get_work", worker="B")["task_id"] for _ in range(3)]
        assert sorted(filter(None, granted)) == ["F_1", "F_2"]

    @pytest.mark.parametrize("prefix", ["", "run:", "Worker(", "run:x"])
    def test_only_whole_prefixes_of_runs_are_taken(self, luigid: Luigid, prefix: str) -> None:
        add(luigid, "run:x:1:0", "F_1")
        luigid.call("get_work", worker="run:x:1:0")

        answer = luigid.request(
            "POST", "/api/free_worker?data=" + json.dumps({"prefix": prefix}).replace(" ", "").replace('"', "%22")
        )

        assert answer.status >= 400
        assert luigid.call("task_list", status="RUNNING").keys() == {"F_1"}

    def test_a_silent_worker_that_is_not_ours_gives_back_what_it_ran(self, bench: Bench) -> None:
        bench.config = "[scheduler]\nworker_disconnect_delay = 1\n"
        luigid = bench.luigid()
        for worker in ("plain", "B"):
            add(luigid, worker, "F_1")
        luigid.call("get_work", worker="plain")
        version = luigid.call("blockers", worker="B")["version"]

        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and luigid.wait("F_1", version=version, timeout=0.2) == version:
            luigid.call("ping", worker="B")
            luigid.call("task_list")

        assert luigid.call("get_work", worker="B")["task_id"] == "F_1"
