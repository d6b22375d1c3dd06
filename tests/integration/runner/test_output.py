"""Everything that a task prints arrives in the log, with its task, whatever way it was printed."""

import signal

import pytest
from polling import until

from trigger_service.domain.failpoints import VARIABLE
from trigger_service.runner.spool import MOST, taken

WAYS = ("print", "error", "logging", "warning", "interface", "subprocess", "os.write", "puts", "thread")


@pytest.mark.parametrize("workers", [1, 4])
def test_each_line_arrives_with_its_task_whatever_way_it_was_printed(attempt, workers):
    run = attempt("SaysAll", workers=workers).start()

    assert run.wait().outcome == "succeeded"

    for number in range(6):
        task_id = next(task for task in run.tasks() if f"says{number}" in task)
        lines = [line for line in run.log() if line.task == task_id]
        assert sorted(line.text for line in lines) == sorted(f"{way} says{number}" for way in WAYS)


def test_levels_and_streams_tell_lines_apart(attempt):
    run = attempt("Says").start()
    run.wait()

    found = {line.text.split()[0]: (line.level, line.stream) for line in run.log() if line.task}

    assert found["print"] == ("INFO", "stdout")
    assert found["error"] == ("WARNING", "stderr")
    assert found["logging"] == ("INFO", "sample")
    assert found["warning"] == ("WARNING", "sample")


def test_luigis_own_lines_belong_to_no_task(attempt):
    run = attempt("Quick").start()
    run.wait()

    luigis = [line for line in run.log() if line.stream == "luigi-interface"]

    assert any("Informed scheduler" in line.text for line in luigis)
    assert all(line.task is None for line in luigis)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_printed_and_what_is_logged_stand_in_the_order_in_which_they_were(attempt, workers):
    run = attempt("Interleaves", workers=workers).start()
    run.wait()

    said = [line for line in run.log() if line.task]

    assert [line.text for line in said[:-1]] == ["1 print", "2 logging", "3 program", "4 logging", "5 descriptor"]
    assert said[-1].text.endswith("ValueError: 6 the error")


@pytest.mark.parametrize("workers", [1, 2])
def test_what_luigi_says_of_a_failure_belongs_to_the_task_that_failed(attempt, workers):
    run = attempt("OnFails", workers=workers).start()
    run.wait()

    errors = [line for line in run.log() if line.stream == "luigi-interface" and line.level == "ERROR"]

    assert [(line.task or "").split("_")[0] for line in errors] == ["Fails"]
    assert "Traceback (most recent call last)" in errors[0].text


@pytest.mark.parametrize("workers", [1, 2])
def test_a_process_left_behind_still_speaks_for_its_own_task(attempt, workers):
    run = attempt("AfterTalker", workers=workers).start()
    run.wait()

    assert run.texts("LeavesTalker") == ["from behind"]
    assert run.texts("AfterTalker") == ["from the task after"]


@pytest.mark.parametrize("workers", [1, 2])
def test_c_code_that_prints_a_megabyte_and_holds_the_gil_blocks_nothing(attempt, workers):
    run = attempt("HoldsTheLock", workers=workers).start()

    assert run.wait().outcome == "succeeded"
    assert run.texts("HoldsTheLock") == ["y" * 1023] * 1024


def test_a_hundred_thousand_lines_arrive_whole_and_in_order(attempt):
    run = attempt("Prints", count=100_000).start()

    assert run.wait().outcome == "succeeded"
    assert run.texts("Prints") == [f"line {n}" for n in range(100_000)]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_printed_just_before_sigkill_is_in_the_log(attempt, workers):
    run = attempt("KillsItself", workers=workers).start()
    run.child.wait(30)

    until(lambda: run.texts("KillsItself") == ["last words"], "last words")


def test_a_pump_that_is_killed_again_and_again_loses_and_doubles_nothing(attempt, results):
    run = attempt("PrintsUntilTold").start()
    for _ in range(4):
        before = len(run.log())
        until(lambda before=before: len(run.log()) > before + 50, "more lines")
        run.pump.kill()
        run.pump.wait()
        run.start_pump()
    (results / "stop").touch()
    run.wait()

    printed = int((results / "printed").read_text())
    assert run.texts("PrintsUntilTold") == [f"line {n}" for n in range(printed)]


@pytest.mark.parametrize("point", ["pump between read and write", "pump after write"])
def test_a_pump_killed_at_its_weakest_moment_loses_and_doubles_nothing(attempt, tmp_path, point):
    token = tmp_path / point
    token.touch()
    run = attempt("Prints", count=500, environment={VARIABLE: str(tmp_path)}).start()
    run.pump.wait(30)
    run.start_pump()
    run.wait()

    assert not token.exists()
    assert run.texts("Prints") == [f"line {n}" for n in range(500)]


def test_a_task_that_prints_more_than_the_pump_can_follow_is_held_up_and_all_of_it_arrives(attempt, results):
    # Given a task that prints 200 MB, and a pump that stands still
    run = attempt("PrintsMuch", count=200).start()
    run.pump.send_signal(signal.SIGSTOP)
    # When it has printed as much as may be in memory
    until(lambda: run.folder.spool.exists() and taken(run.folder.spool) >= MOST, "output in memory")
    # Then it goes on only when the pump does
    with pytest.raises(AssertionError):
        until(lambda: "end" in (results / "ledger").read_text(), "the end", 0.5)
    assert taken(run.folder.spool) < MOST + (4 << 20)
    run.pump.send_signal(signal.SIGCONT)
    assert run.wait(60).outcome == "succeeded"
    assert [(text[: text.index(" ")], len(text)) for text in run.texts("PrintsMuch")] == [
        (str(n), 1_000_000) for n in range(200)
    ]


def test_memory_is_free_again_when_all_is_in_the_log_while_the_task_goes_on(attempt, results):
    run = attempt("PrintsAndStays").start()
    until(lambda: run.texts("PrintsAndStays"), "its line")

    until(lambda: taken(run.folder.spool) == 0, "room")

    (results / "gate").touch()
    run.wait()


def test_odd_output_is_kept_bounded_and_believed_by_nobody(attempt):
    run = attempt("PrintsOddities").start()

    assert run.wait().outcome == "succeeded"
    lines = [line for line in run.log() if line.task]
    assert lines[0].text == "\\xff\\xfe broken"
    long = [line.text for line in lines if line.text.startswith("z")]
    assert sum(map(len, long)) == 10 << 20
    assert max(map(len, long)) <= 1 << 20
    assert all(line.stream in ("stdout", "stderr") for line in lines)
    assert lines[-1].text == "no newline at the end" or "no newline at the end" in [line.text for line in lines]


def test_a_subprocess_that_opens_its_standard_error_again_does_not_break_the_log(attempt):
    run = attempt("TeesToStderr").start()

    assert run.wait().outcome == "succeeded"
    assert run.texts("TeesToStderr")[-1] == "2000"


def test_the_spool_is_gone_when_the_log_is_whole(attempt):
    run = attempt("Says").start()
    run.wait()

    assert run.folder.pumped_file.exists()
    assert not run.folder.spool.exists()


def test_a_level_that_a_project_has_named_anew_is_still_that_level_and_a_stack_is_told(attempt):
    run = attempt("NamesItsLevels").start()
    run.wait()

    (line,) = [line for line in run.log() if line.text.startswith("in red")]

    assert line.level == "ERROR"
    assert "Stack (most recent call last):" in line.text
