from trigger_service.web.pages.charts import LINE_HEIGHT, LINE_WIDTH, durations, success
from trigger_service.web.pages.squares import Squares


def test_a_longer_run_is_higher_and_all_points_are_within_the_picture():
    line = durations([10.0, 300.0, 20.0])
    assert line.points[1][1] < line.points[2][1] < line.points[0][1]
    assert all(0 < x < LINE_WIDTH and 0 < y < LINE_HEIGHT for x, y in line.points)
    assert line.name == "Durations of the last 3 runs, median 0:20"


def test_one_duration_is_one_point_and_none_is_no_line():
    assert len(durations([5.0]).points) == 1
    assert durations([]) is None


def test_runs_that_did_not_end_by_themselves_are_not_in_the_share_of_success():
    assert success(["succeeded", "cancelled", "failed", "running"]) == "50 %"
    assert success(["queued"]) == ""


def test_squares_of_one_state_are_one_path_and_failed_runs_stand_out_by_their_height():
    drawn = Squares(["succeeded", "failed", "cancelled", "succeeded"])
    paths = {marks.state: marks for marks in drawn.marks}
    assert paths["succeeded"].path.count("z") == 2
    assert "v16" in paths["failed"].path
    assert (paths["failed"].kind, paths["cancelled"].kind) == ("mark", "mark-open")
    assert drawn.words == "Last 4 runs: 2 succeeded, 1 failed, 1 cancelled"
