"""`luigi-trigger plan`, into a pipe and on a terminal."""

import json
import signal

from calls import command
from polling import until

from trigger_service.cli.plan_tree import show


def test_a_piped_plan_is_a_line_for_each_task_and_its_summary_goes_to_stderr(luigi_trigger, served):
    said = luigi_trigger("plan", "Hello", "-p", "who=you")

    assert [line.split("\t")[:2] for line in said.out.splitlines()] == [
        ["complete", "Leaf_1"],
        ["blocked", "Leaf_2"],
        ["unknown", "Leaf_3"],
        ["blocked", "Hello_1"],
    ]
    assert said.out.splitlines()[0].split("\t") == ["complete", "Leaf_1", "its output exists", "", "", "out/1"]
    assert said.err == "Hello: 1 complete, 1 unknown, 2 blocked; expected duration: no history\n"
    assert "\x1b" not in said.out + said.err
    assert said.code == 1


def test_the_list_can_be_shortened(luigi_trigger, served):
    blocked = luigi_trigger("plan", "Hello", "-p", "who=you", "--state", "blocked", "--limit", "1")

    assert [line.split("\t")[1] for line in blocked.out.splitlines()] == ["Leaf_2"]
    assert "1 complete" in blocked.err


def test_with_json_stdout_is_the_document(luigi_trigger, served):
    said = luigi_trigger("plan", "Hello", "-p", "who=you", "--json")

    document = json.loads(said.out)
    assert (document["total"], len(document["tasks"]), said.err) == (4, 4, "")


def test_parameters_are_given_and_refused_as_for_a_run(luigi_trigger, served):
    for arguments in (["Hello"], ["Hello", "-p", "whom=you"], ["Hello", "-p", "who"]):
        ours, a_runs = luigi_trigger("plan", *arguments), luigi_trigger("run", *arguments)
        assert (ours.code, ours.out) == (a_runs.code, a_runs.out) == (2, "")
        assert ours.err.splitlines()[-1] == a_runs.err.splitlines()[-1]
    assert luigi_trigger("plan", "Helo").code == 3


def test_a_plan_that_is_not_whole_says_so_and_exits_by_it(luigi_trigger, served):
    served.gate.set()

    said = luigi_trigger("plan", "Gated")

    assert said.code == 5
    assert "This plan is not whole: the time was over." in said.err


def test_an_error_is_shown_with_its_place_on_a_terminal(on_terminal, served):
    terminal = on_terminal("plan", "Fails")

    assert terminal.code() == 1
    assert "Fails_1.complete() at tasks/hello.py:7: ValueError: as it always does" in terminal.shown.decode()


def test_on_a_terminal_the_summary_comes_first_then_what_is_in_the_way_then_the_tree(on_terminal, served):
    terminal = on_terminal("plan", "Hello", "-p", "who=you", PYTHONIOENCODING="utf-8")

    assert terminal.code() == 1
    shown = terminal.shown.decode()
    order = ["Hello: 1 complete", "In the way:", "Leaf(n=2)", "Hello(who=you)", "├── ", "✓ complete "]
    places = [shown.index(text) for text in order]
    assert places == sorted(places)
    assert "\x1b[1m" in shown


def test_without_colours_the_words_and_icons_stay(on_terminal, served):
    terminal = on_terminal("plan", "Hello", "-p", "who=you", NO_COLOR="1", PYTHONIOENCODING="utf-8")

    assert terminal.code() == 1
    shown = terminal.shown.decode()
    assert "\x1b[" not in shown
    assert "? unknown   Leaf(n=3)" in shown


def test_a_plan_that_takes_long_shows_that_it_goes_on(on_terminal, served):
    terminal = on_terminal("plan", "Gated", PYTHONIOENCODING="utf-8")

    terminal.until("asking the tasks of Gated")
    served.gate.set()

    assert terminal.code() == 5
    assert "This plan is not whole" in terminal.shown.decode()


def test_an_interrupted_plan_ends_at_the_service_too(served):
    with command("plan", "Gated") as process:
        until_under_way(served, 1)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130

    until_under_way(served, 0)


def test_alike_tasks_stand_on_one_line(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    tasks = [planned(f"Leaf_{n}", "complete") for n in range(900)]
    tasks += [
        planned("Odd_1", "will_run"),
        planned("Root_1", "will_run", *(task["task_id"] for task in tasks), "Odd_1"),
    ]

    show(document(tasks), everything=False)

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[2].endswith("Odd()  no  ~2.0 s")
    assert "Leaf" in lines[3]
    assert lines[3].endswith("900")


def test_a_task_that_is_required_twice_is_drawn_once_and_a_long_chain_is_cut(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    chain = [planned(f"Chain_{n}", "will_run", f"Chain_{n + 1}") for n in range(300)]
    tasks = [planned("Twice_1", "will_run", "Chain_290"), *reversed(chain)]
    tasks.append(planned("Root_1", "will_run", "Chain_0", "Chain_290", "Twice_1"))

    show(document(tasks), everything=False)

    shown = capsys.readouterr().out
    assert "(see above)" in shown
    assert "--all shows every task" in shown
    assert len(shown.splitlines()) < 40


def planned(task_id, state, *requires):
    expected = {"seconds": 2.0, "low": 1.0, "high": 3.0, "samples": 5} if state == "will_run" else None
    shown = {"task_id": task_id, "family": task_id.split("_")[0], "state": state, "why": "no", "parameters": {}}
    return {**shown, "requires": list(requires), "error": None, "run_id": None, "expected": expected}


def document(tasks):
    counts = {"complete": len(tasks) - 2, "will_run": 2}
    expected = {"basis": "no history", "span": None, "without_history": []}
    head = {"pipeline": "Root", "task_id": "Root_1", "cut": "", "refusal": None, "blockers": [], "printed": ""}
    return {**head, "counts": counts, "expected": expected, "tasks": tasks}


def until_under_way(served, number):

    until(lambda: len(served.services.turns) == number, "so many plans have ended")
