"""The graph of a run: folded families, states, the critical path."""

from run_tasks import BEGAN, run, table, task

from trigger_service.web.pages.graph import critical_path, graph


def days(count, status="done", **more):
    return [task(f"Day_{n}", status, ["Raw_1"], **more) for n in range(count)]


def by_title(found):
    return {node.title: node for node in found.nodes}


def test_families_of_a_large_run_are_one_node_each_until_they_are_opened():
    # Given a run of more tasks than are drawn alone
    tasks = [task("Raw_1", "complete"), *days(50), task("Root_1", "running", [f"Day_{n}" for n in range(50)], BEGAN)]
    # When
    folded, opened = graph(table(tasks), ()), graph(table(tasks), ("Day",))
    # Then
    assert [(node.title, node.count, node.note) for node in folded.nodes] == [
        ("Raw", 1, "complete before"),
        ("Day", 50, "50/50"),
        ("Root", 1, "1:00"),
    ]
    assert folded.folded == ("Day",)
    assert len(folded.lines) == 2
    assert len(opened.nodes) == 52
    assert len(opened.lines) == 100
    assert len(graph(table(tasks), ("*",)).nodes) == 52


def test_a_small_run_is_drawn_task_by_task_with_what_tells_them_apart():
    tasks = [task("Raw_1", "complete"), *days(2, "failed", start=BEGAN, end=BEGAN + 3), task("Root_1", needs=["Day_0"])]
    found = by_title(graph(table(tasks, run("failed")), ()))
    assert set(found) == {"Raw", "Day 0", "Day 1", "Root"}
    assert (found["Day 0"].note, found["Day 0"].kind.state) == ("failed in 3.0 s", "failed")
    assert found["Root"].note == "not reached"


def test_a_folded_family_says_how_many_are_done_and_what_the_others_are():
    tasks = [*days(40), *(task(f"Day_{n}", "running", start=BEGAN) for n in (40, 41)), task("Day_42")]
    (node,) = graph(table(tasks), ()).nodes
    assert (node.note, node.kind.state) == ("40/43, 2 running", "running")
    assert node.done == round((node.width - 20) * 40 / 43)
    assert node.words == "Day, 40/43, 2 running, running"


def test_the_critical_path_is_the_chain_that_takes_longest():
    # Given two ways to the root, of which one is not over and takes longer in the middle
    tasks = [
        task("Short_1", "done", start=BEGAN, end=BEGAN + 5),
        task("Long_1", needs=["Short_1"]),
        task("Other_1", "done", start=BEGAN, end=BEGAN + 9),
        task("Root_1", needs=["Long_1", "Other_1"]),
    ]
    known = table(tasks, medians={"Long": 20.0})
    # Then
    assert critical_path(known) == ["Short_1", "Long_1", "Root_1"]
    assert [line.is_critical for line in graph(known, ()).lines] == [False, True, True]
    assert critical_path(table([])) == []


def test_a_family_that_needs_itself_and_one_in_a_circle_are_drawn():
    tasks = [task("A_1", needs=["B_1"]), task("B_1", needs=["A_2"]), task("A_2"), *(task(f"C_{n}") for n in range(50))]
    found = graph(table(tasks), ())
    assert {node.title for node in found.nodes} == {"A", "B", "C"}
    assert len(found.lines) == 2


def test_what_is_chosen_is_marked_a_task_or_all_of_a_family():
    tasks = [*days(2), task("Root_1")]
    assert [node.is_chosen for node in graph(table(tasks, chosen="Day_1"), ()).nodes] == [False, True, False]
    assert [node.is_chosen for node in graph(table(tasks, chosen="Day"), ()).nodes] == [True, True, False]
    for chosen in ("Day", "Day_7"):
        folded = graph(table([*days(60), task("Root_1")], chosen=chosen), ())
        assert [node.is_chosen for node in folded.nodes] == [True, False]
