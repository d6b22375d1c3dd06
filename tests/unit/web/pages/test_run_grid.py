"""Tasks by run: one cell for each family, which says the worst of its tasks; and bars of durations."""

from trigger_service.domain.queries import FamilyTasks, RunGlance
from trigger_service.web.pages import rungrid
from trigger_service.web.pages.run_bars import HEIGHT, TOP, bars


def run(number, state="succeeded", took=2.0, total=3):
    ended = None if took is None else 100.0 + took
    return RunGlance(f"r{number}", "Orders", "default", state, 99.0 + number, 100.0, ended, 1, 0, total)


def test_a_cell_says_the_worst_of_its_familys_tasks_and_counts_them():
    # Given a run that failed halfway, after one in which there was one family less
    before = [FamilyTasks("Orders", "done", 1, "Orders_1")]
    now = [
        FamilyTasks("Orders", "pending", 1, "Orders_2"),
        FamilyTasks("Clean", "done", 20, "Clean_1"),
        FamilyTasks("Clean", "failed", 1, "Clean_9"),
        FamilyTasks("Read", "complete", 3, "Read_1"),
    ]
    shown = rungrid.grid([run(1), run(2, "failed")], {"r1": before, "r2": now}, 200.0)
    # Then each family has a row, in the order of the newest run
    assert [row.family for row in shown.rows] == ["Orders", "Clean", "Read"]
    cells = [[(cell.state, cell.words) if cell else None for cell in row.cells] for row in shown.rows]
    assert cells[0] == [("succeeded", "done"), ("pending", "not reached")]
    assert cells[1] == [None, ("failed", "1 failed, 20 done")]
    assert cells[2] == [None, ("complete", "3 complete before")]
    # And it leads to the task where there is one, else to the family
    links = [row.cells[1].href for row in shown.rows]
    assert links == ["/runs/r2?task=Orders_2#tasks", "/runs/r2?task=Clean_9#tasks", "/runs/r2?task=Read#tasks"]


def test_what_a_run_that_succeeded_did_not_do_itself_is_not_unreached():
    # Given a run for which another did the work, and which needed one task no more
    tasks = [FamilyTasks("Read", "complete", 2, "Read_1", done_elsewhere=True), FamilyTasks("Old", "pending", 1, "Old")]
    shown = rungrid.grid([run(1), run(2, "failed")], {"r1": tasks, "r2": tasks}, 200.0)
    # Then
    cells = [[(cell.state, cell.words) for cell in row.cells] for row in shown.rows]
    assert cells[0] == [("shared", "2 done by another run")] * 2
    assert cells[1] == [("complete", "not needed"), ("pending", "not reached")]


def test_what_a_cancelled_run_left_has_not_failed():
    tasks = [FamilyTasks("Read", "failed", 2, "Read_1", abandoned=True), FamilyTasks("Old", "failed", 1, "Old")]
    shown = rungrid.grid([run(1, "cancelled"), run(2, "failed")], {"r1": tasks, "r2": tasks}, 200.0)
    assert [[(cell.state, cell.words) for cell in row.cells] for row in shown.rows] == [
        [("cancelled", "2 cancelled"), ("failed", "2 failed")],
        [("failed", "failed"), ("failed", "failed")],
    ]


def test_bars_are_as_high_as_runs_are_long_also_of_one_that_goes_on():
    runs = [run(1, took=10.0), run(2, took=5.0), run(3, "running", None)]
    columns = rungrid.grid(runs, dict.fromkeys(("r1", "r2", "r3"), ()), 120.0).columns
    assert [column.height for column in columns] == [27, 16, 48]
    assert [column.words for column in columns][2] == "running, 0:20"
    queued = RunGlance("q", "Orders", "default", "queued", 1.0, None, None, 0, 0, 0)
    assert rungrid.grid([queued], {"q": ()}, 120.0).columns[0].height == 0


def test_of_runs_with_very_many_tasks_fewer_are_looked_at():
    runs = [run(number, total=4000) for number in range(30)]
    assert [each.id for each in rungrid.chosen(runs)] == ["r28", "r29"]
    assert len(rungrid.chosen([run(number) for number in range(30)])) == rungrid.RUNS
    assert len(rungrid.chosen([run(1, total=90_000)])) == 1


def test_more_families_than_there_is_room_for_are_counted():
    tasks = [FamilyTasks(f"F{number}", "done", 1, f"F{number}_1") for number in range(rungrid.FAMILIES + 3)]
    shown = rungrid.grid([run(1)], {"r1": tasks}, 200.0)
    assert (len(shown.rows), shown.more) == (rungrid.FAMILIES, 3)


def test_durations_stand_from_right_to_left_with_their_median():
    chart = bars([run(1, took=8.0), run(2, "failed", 1.0), run(3, "running", None), run(4, took=4.0)])
    assert [bar.run.id for bar in chart.bars] == ["r1", "r2", "r4"]
    assert (chart.median_s, chart.longest_s) == (6.0, 8.0)
    assert chart.bars[0].top == TOP
    assert chart.bars[0].height == HEIGHT - TOP
    assert all(bar.left >= 0 and bar.left + bar.width <= 100 for bar in chart.bars)
    assert chart.words == "Durations of the last 3 runs, median 0:06, longest 0:08"
    assert bars([run(1, "running", None), run(2)]) is None
