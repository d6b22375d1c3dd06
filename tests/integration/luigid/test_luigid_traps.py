"""Luigi's traps (design section 6): first what stock does, then what ours does."""

import http.client
import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from luigids import Bench
from polling import until

HONEST = "[retcode]\nalready_running=10\nmissing_data=20\nnot_run=25\ntask_failed=30\nscheduling_error=35\n"


class TestExitCodeZeroOnFailure:
    def test_stock_says_0_for_a_failed_task(self, bench: Bench) -> None:
        luigid = bench.stock_luigid()
        bench.flag("root.fail")

        assert bench.run_luigi(luigid, "root") == 0

    def test_ours_knows_the_task_as_disabled_whatever_the_command_says(self, bench: Bench) -> None:
        luigid = bench.luigid()
        bench.flag("root.fail")

        assert bench.run_luigi(luigid, "root") == 0
        assert luigid.status("root") == "DISABLED"

    def test_with_honest_retcodes_the_command_says_it(self, bench: Bench) -> None:
        bench.config = HONEST
        luigid = bench.luigid()
        bench.flag("root.fail")

        assert bench.run_luigi(luigid, "root") == 30


class TestRerunRightAfterATargetWasDeleted:
    def run_delete_and_rerun(self, bench: Bench, luigid) -> None:
        assert bench.run_luigi(luigid, "root") == 0
        (bench.folder / "root").unlink()
        assert bench.run_luigi(luigid, "root") == 0

    def test_stock_ignores_it(self, bench: Bench) -> None:
        self.run_delete_and_rerun(bench, bench.stock_luigid())

        assert bench.starts("root") == 1
        assert not (bench.folder / "root").exists()

    def test_ours_runs_it(self, bench: Bench) -> None:
        self.run_delete_and_rerun(bench, bench.luigid())

        assert bench.starts("root") == 2

    def test_ours_honours_a_cooldown_that_the_user_has_set(self, bench: Bench) -> None:
        bench.config = "[scheduler]\nstable_done_cooldown_secs = 60\n"
        self.run_delete_and_rerun(bench, bench.luigid())

        assert bench.starts("root") == 1


class TestDisabledTasks:
    def fail_twice_then_mend(self, bench: Bench, luigid) -> None:
        flag = bench.flag("root.fail")
        for _ in range(2):
            bench.run_luigi(luigid, "root")
        flag.unlink()
        bench.run_luigi(luigid, "root")

    def test_stock_with_a_retry_count_runs_nothing_for_a_day(self, bench: Bench) -> None:
        bench.config = "[scheduler]\nretry_count = 2\n"
        self.fail_twice_then_mend(bench, bench.stock_luigid())

        assert bench.starts("root") == 2
        assert not (bench.folder / "root").exists()

    @pytest.mark.parametrize("config", ["", "[scheduler]\nretry_count = 2\n"])
    def test_ours_gives_every_new_command_a_fresh_start(self, bench: Bench, config: str) -> None:
        bench.config = config
        self.fail_twice_then_mend(bench, bench.luigid())

        assert bench.starts("root") == 3
        assert (bench.folder / "root").exists()

    def test_stock_lets_a_patient_worker_wait_a_quarter_of_an_hour_for_a_retry(self, bench: Bench) -> None:
        bench.config = "[worker]\nkeep_alive = true\nwait_interval = 0.05\nwait_jitter = 0\n"
        bench.flag("root.fail")
        luigid = bench.stock_luigid()

        command = bench.luigi(luigid, "root")

        until(lambda: luigid.status("root") == "FAILED", "the task has failed")
        still_there(command, seconds=1.0)

    def test_ours_lets_it_end_at_once(self, bench: Bench) -> None:
        bench.config = "[worker]\nkeep_alive = true\nwait_interval = 0.05\nwait_jitter = 0\n"
        bench.flag("root.fail")

        assert bench.run_luigi(bench.luigid(), "root") == 0
        assert bench.starts("root") == 1


class TestAnOpenDoor:
    @pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
    def test_stock_obeys_any_web_page_even_by_get(self, bench: Bench, headers: dict[str, str]) -> None:
        luigid = bench.stock_luigid()

        assert luigid.request("GET", "/api/pause", **headers).status == http.client.OK
        assert luigid.call("is_paused") == {"paused": True}

    @pytest.mark.parametrize(
        "stranger", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}]
    )
    def test_ours_refuses_strangers_everywhere(self, bench: Bench, stranger: dict[str, str]) -> None:
        luigid = bench.luigid()

        for path in ("/api/pause", "/", "/wait", "/static/visualiser/index.html", "/metrics", "/none"):
            for method in ("GET", "POST", "OPTIONS"):
                answer = luigid.request(method, path, "", **stranger)
                assert answer.status == http.client.FORBIDDEN, (method, path)
                assert "X-Luigid-Boot" in answer.headers
        assert luigid.call("is_paused") == {"paused": False}

    def test_ours_takes_what_changes_anything_by_post_only(self, bench: Bench) -> None:
        luigid = bench.luigid()

        for method in ("pause", "add_task", "get_work", "free_worker", "prune", "disable_worker", "count_pending"):
            answer = luigid.request("GET", f"/api/{method}?data=%7B%7D")
            assert answer.status == http.client.METHOD_NOT_ALLOWED, method
            assert answer.headers["Allow"] == "POST"

    def test_ours_answers_to_a_name_it_was_given(self, bench: Bench) -> None:
        luigid = bench.luigid("--allow-host", "flights.example")

        assert luigid.request("GET", "/api/is_paused", Host="flights.example:1").status == http.client.OK
        assert luigid.request("GET", "/api/is_paused", Host="localhost").status == http.client.OK

    def test_ours_lets_its_own_pages_in(self, bench: Bench) -> None:
        luigid = bench.luigid()

        assert luigid.request("POST", "/api/is_paused", "", Origin=luigid.url).status == http.client.OK

    def test_ours_listens_on_loopback_only(self, bench: Bench) -> None:
        luigid = bench.luigid()

        addresses = {c.laddr.ip for c in psutil.Process(luigid.process.pid).net_connections() if not c.raddr}
        assert addresses == {"127.0.0.1"}


class TestADeadWorkersTasks:
    RUN = "0192d3a0-0000-7000-8000-000000000001"

    def kill_a_worker_in_the_middle(self, bench: Bench, luigid) -> None:
        hold = bench.flag("root.hold")
        worker = bench.worker(luigid, f"run:{self.RUN}:1:0", "root")
        until(lambda: bench.starts("root"), "the task runs")
        worker.kill()
        worker.wait()
        hold.unlink()

    def test_stock_leaves_them_running_so_that_a_rerun_does_nothing(self, bench: Bench) -> None:
        luigid = bench.stock_luigid()
        self.kill_a_worker_in_the_middle(bench, luigid)

        assert bench.run_luigi(luigid, "root") == 0

        assert bench.starts("root") == 1
        assert luigid.status("root") == "RUNNING"

    def test_ours_frees_them_as_soon_as_central_says_so(self, bench: Bench, central) -> None:
        luigid = bench.luigid()
        self.kill_a_worker_in_the_middle(bench, luigid)

        assert central(luigid).free(self.RUN, 1) == (luigid.task("root")["id"],)

        assert luigid.status("root") == "PENDING"
        assert bench.run_luigi(luigid, "root") == 0
        assert bench.ledger()[-1] == ("root", "end")

    def test_one_that_waits_gets_them_soon(self, bench: Bench, central) -> None:
        luigid = bench.luigid()
        self.kill_a_worker_in_the_middle(bench, luigid)
        task_id = luigid.task("root")["id"]
        luigid.call("add_task", worker="waiter", task_id=task_id, family="Step", module="steps")
        assert luigid.call("get_work", worker="waiter")["task_id"] is None
        version = luigid.call("blockers", worker="waiter")["version"]

        before = time.monotonic()
        central(luigid).free(self.RUN, 1)
        luigid.wait(task_id, version=version, timeout=50)

        assert luigid.call("get_work", worker="waiter")["task_id"] == task_id
        assert time.monotonic() - before < 25

    def test_central_can_do_the_same_on_a_stock_luigid(self, bench: Bench, central) -> None:
        bench.config = "[scheduler]\nretry_count = 1\n"
        luigid = bench.stock_luigid()
        self.kill_a_worker_in_the_middle(bench, luigid)

        assert central(luigid).free(self.RUN, 1) == (luigid.task("root")["id"],)

        assert bench.run_luigi(luigid, "root") == 0
        assert bench.ledger()[-1] == ("root", "end")


class TestTaskProcessesThatVanish:
    """Only stock's behaviour: what is done about it is the child's part."""

    def test_a_task_that_exits_with_0_hangs_the_stock_worker(self, bench: Bench) -> None:
        bench.flag("root.exit")

        command = bench.luigi(bench.stock_luigid(), "root", "--workers", "2")

        pid = until(lambda: running_pid(bench), "the task runs")
        until(lambda: is_gone(pid), "the task process has ended")
        still_there(command, seconds=2.0)

    def test_a_killed_task_process_is_noticed_only_at_the_next_tick(self, bench: Bench) -> None:
        bench.flag("root.hold")
        luigid = bench.stock_luigid()
        options = ("--worker-wait-interval", "60", "--log-level", "DEBUG")
        command = bench.luigi(luigid, "root", "--workers", "2", *options)
        pid = until(lambda: running_pid(bench), "the task runs")
        until(lambda: "no more tasks to run at this time" in bench.said(command), "the worker waits")

        os.kill(pid, signal.SIGKILL)
        until(lambda: is_gone(pid), "the task process has ended")

        still_there(command, seconds=1.0)


def running_pid(bench: Bench) -> int:
    """The process of the only step; 0 before its start."""
    ledger = bench.folder / "ledger"
    return int(ledger.read_text().split()[2]) if ledger.exists() and ledger.read_text().endswith("\n") else 0


def is_gone(pid: int) -> bool:
    """Whether a process has ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def still_there(process, seconds: float) -> None:
    """Nothing but time can show that something does not end."""
    with pytest.raises(Exception, match="timed out"):
        process.wait(seconds)
