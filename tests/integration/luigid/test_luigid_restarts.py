"""luigid stopped, killed, started again, and started where it cannot be."""

import contextlib
import http.client
import json
import threading
import time
from urllib.parse import urlencode, urlsplit

import psutil
import pytest
from luigids import Bench, Luigid
from polling import until


def boot_id(luigid: Luigid) -> str:
    return luigid.request("GET", "/api/is_paused").headers["X-Luigid-Boot"]


def add(luigid: Luigid, worker: str, task_id: str, **rest) -> None:
    luigid.call("add_task", worker=worker, task_id=task_id, family="F", module="m", **rest)


def get_work_and_seconds(luigid: Luigid, worker: str) -> tuple[str | None, float]:
    before = time.monotonic()
    task_id = luigid.call("get_work", worker=worker)["task_id"]
    return task_id, time.monotonic() - before


def test_the_info_file_names_the_boot_that_every_answer_carries(bench: Bench) -> None:
    luigid = bench.luigid()

    info = json.loads((bench.folder / "luigid-1.json").read_bytes())

    assert info == {
        "url": luigid.url,
        "port": int(luigid.url.rpartition(":")[2]),
        "pid": luigid.process.pid,
        "boot_id": boot_id(luigid),
    }


def test_the_first_start_hands_out_work_at_once(bench: Bench) -> None:
    luigid = bench.luigid("--grace", "600")
    add(luigid, "A", "F_1")

    assert luigid.call("get_work", worker="A")["task_id"] == "F_1"


def test_a_clean_restart_keeps_the_state_once_and_hands_out_work_at_once(bench: Bench) -> None:
    first = bench.luigid()
    add(first, "A", "F_1")
    add(first, "B", "F_2")
    assert first.call("get_work", worker="A")["task_id"] == "F_1"
    first.stop()

    second = bench.luigid("--grace", "600")

    assert second.call("get_work", worker="B")["task_id"] == "F_2"
    assert second.call("task_list", status="RUNNING")["F_1"]["worker_running"] == "A"
    assert not list((bench.folder / "state").glob("*.pickle"))


def test_a_killed_luigid_comes_back_with_another_boot_id_and_a_grace(bench: Bench) -> None:
    first = bench.luigid()
    first.kill()

    second = bench.luigid()
    assert boot_id(second) != boot_id_of_start(bench, 1)
    add(second, "B", "F_1")
    task_id, seconds = get_work_and_seconds(second, "B")

    assert task_id == "F_1"
    assert seconds > 1.0


def test_in_the_grace_a_worker_says_what_it_still_runs_so_that_nobody_else_is_given_it(bench: Bench) -> None:
    bench.luigid().kill()
    luigid = bench.luigid()
    answers = []
    add(luigid, "B", "F_1")
    asking = threading.Thread(target=lambda: answers.append(luigid.call("get_work", worker="B")))
    asking.start()

    add(luigid, "A", "F_1", status="RUNNING")
    asking.join()

    assert answers[0]["task_id"] is None
    assert [t["worker"] for t in luigid.call("blockers", worker="B")["running_elsewhere"]] == ["A"]
    add(luigid, "A", "F_1", status="DONE")
    assert luigid.call("task_list", status="DONE").keys() == {"F_1"}


def test_a_stock_worker_outlives_the_grace(bench: Bench) -> None:
    bench.luigid().kill()

    assert bench.run_luigi(bench.luigid(), "root", "--needs", '["left"]') == 0

    assert bench.ledger()[-1] == ("root", "end")


def test_it_ends_cleanly_in_its_grace_although_somebody_asks_for_work(bench: Bench) -> None:
    bench.luigid().kill()
    luigid = bench.luigid("--grace", "600")
    with contextlib.closing(http.client.HTTPConnection(urlsplit(luigid.url).netloc, timeout=30)) as worker:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        worker.request("POST", "/api/get_work", urlencode({"data": json.dumps({"worker": "somebody"})}), form)
        assert luigid.status("root") == "absent"  # which it has answered after it heard of the other request

        luigid.stop()

        with pytest.raises(http.client.RemoteDisconnected):
            worker.getresponse()
    assert "Traceback" not in bench.said(luigid.process)


def test_state_that_is_older_than_a_killed_luigid_is_not_believed(bench: Bench) -> None:
    first = bench.luigid()
    add(first, "A", "F_1")
    first.stop()
    pickle = bench.folder / "state" / "state.pickle"
    old_state = pickle.read_bytes()
    bench.luigid().kill()
    pickle.write_bytes(old_state)

    assert bench.luigid().call("task_list") == {}


def test_a_luigid_killed_in_the_middle_of_a_plain_run_ends_that_run_in_error_not_in_silence(bench: Bench) -> None:
    bench.config = "[core]\nrpc-retry-attempts = 2\nrpc-retry-wait = 0\n"
    luigid = bench.luigid()
    hold = bench.flag("left.hold")
    command = bench.luigi(luigid, "root", "--needs", '["left"]')
    until(lambda: bench.starts("left"), "the first task runs")

    luigid.kill()
    hold.unlink()

    assert command.wait(30) != 0
    assert bench.run_luigi(bench.luigid(), "root", "--needs", '["left"]') == 0
    assert bench.starts("left") == bench.starts("root") == 1


def test_a_busy_port_is_an_error_that_names_its_holder(bench: Bench) -> None:
    first = bench.luigid()
    info = bench.folder / "second.json"
    place = ("--port", first.url.rpartition(":")[2], "--state-dir", str(bench.folder / "other"), "--info", str(info))

    second = bench.start("-m", "trigger_service.luigid", *place)

    assert second.wait(30) == 1
    assert f"it is held by pid {first.process.pid} (" in bench.said(second)
    assert "trigger_service.luigid" in bench.said(second)
    assert not info.exists()
    assert not (bench.folder / "other").exists()


def test_luigid_ends_cleanly_with_the_process_that_started_it(bench: Bench) -> None:
    place = ("--port", "0", "--state-dir", str(bench.folder / "state"), "--info", str(bench.folder / "info.json"))
    command = ["-m", "trigger_service.luigid", *place, "--die-with-parent"]
    script = f"import subprocess, sys; subprocess.run([sys.executable, *{command!r}])"
    parent = bench.start("-c", script)
    info = bench.folder / "info.json"
    until(info.exists, "luigid listens")
    child = psutil.Process(json.loads(info.read_bytes())["pid"])

    parent.kill()

    assert child.wait(30) is None
    assert json.loads((bench.folder / "state" / "boot.json").read_bytes())["ended"] is True


def test_luigid_does_not_even_start_when_its_parent_has_ended_before(bench: Bench) -> None:
    place = ("--port", "0", "--state-dir", str(bench.folder / "state"), "--info", str(bench.folder / "info.json"))

    process = bench.start("-m", "trigger_service.luigid", *place, "--die-with-parent", "1")

    assert process.wait(30) == 1
    assert "the parent ended during the start" in bench.said(process)


def test_a_port_that_does_not_exist_is_an_error(bench: Bench) -> None:
    place = ("--state-dir", str(bench.folder / "other"), "--info", str(bench.folder / "none.json"))

    process = bench.start("-m", "trigger_service.luigid", "--port", "0", "--address", "192.0.2.1", *place)

    assert process.wait(30) == 1
    assert "luigid cannot listen on 192.0.2.1:0: " in bench.said(process)


def boot_id_of_start(bench: Bench, number: int) -> str:
    return str(json.loads((bench.folder / f"luigid-{number}.json").read_bytes())["boot_id"])
