"""Which runs of the past have to go."""

from trigger_service.domain.retention import DAY_S, EndedRun, Keep, Stock, surplus

NOW = 1000 * DAY_S
UNLIMITED = Keep(days=0, runs=0, size=0)


def past(count, pipeline="Work", **more):
    """Runs that ended a day after each other, the last one just now; oldest first."""
    times = [NOW - (count - 1 - number) * DAY_S for number in range(count)]
    return [EndedRun(f"{pipeline}{number}", pipeline, at, at, 1, **more) for number, at in enumerate(times)]


def going(runs, keep, size_of=None, database=0):
    by_pipeline = {}
    for run in runs:
        by_pipeline[run.pipeline] = by_pipeline.get(run.pipeline, 0) + 1
    size_of = size_of or {}
    stock = Stock(by_pipeline, sum(size_of.values()) + database)
    return [(run.id, why) for run, why in surplus(iter(runs), stock, keep, size_of, NOW)]


def test_without_limits_everything_stays():
    assert going(past(10), UNLIMITED) == []


def test_a_run_that_ended_too_long_ago_goes():
    assert going(past(5), Keep(days=2.5)) == [("Work0", "age"), ("Work1", "age")]


def test_a_run_that_began_long_ago_and_ended_lately_stays():
    long = EndedRun("long", "Work", 0.0, NOW, 1)
    assert going([long, *past(2)], Keep(days=10)) == []


def test_of_too_many_runs_the_oldest_go():
    assert going(past(5), Keep(days=0, runs=3)) == [("Work0", "count"), ("Work1", "count")]


def test_each_pipeline_has_a_limit_of_its_own():
    # Given
    runs = sorted([*past(4, "A"), *past(4, "B"), *past(4, "C")], key=lambda run: run.created_at)
    # When
    gone = going(runs, Keep(days=0, runs_per_pipeline=3, pipelines={"B": 1, "C": 0}))
    # Then
    assert sorted(gone) == [("A0", "count"), ("B0", "count"), ("B1", "count"), ("B2", "count")]


def test_the_oldest_go_until_the_others_have_room():
    # Given 5 runs of 100 bytes each and a database of 50 bytes, of which each run has a fifth
    sizes = {f"Work{number}": 100 for number in range(5)}
    # Then what is over the limit is 1 byte, or as much as a run takes, or a byte more
    assert going(past(5), Keep(days=0, size=549), sizes, 50) == [("Work0", "size")]
    assert going(past(5), Keep(days=0, size=440), sizes, 50) == [("Work0", "size")]
    assert going(past(5), Keep(days=0, size=439), sizes, 50) == [("Work0", "size"), ("Work1", "size")]


def test_what_is_needed_stays_and_the_next_one_goes_in_its_place():
    runs = [*past(1, "Origin", needed=True), *past(3)]
    assert going(runs, Keep(days=0, runs=3)) == [("Work0", "count")]


def test_a_run_that_has_to_go_for_two_reasons_goes_once_and_makes_room_for_both():
    sizes = {f"Work{number}": 100 for number in range(4)}
    assert going(past(4), Keep(days=2.5, runs=3, size=300), sizes) == [("Work0", "age")]


def test_no_more_runs_are_read_than_need_be():
    # Given runs of which only the first has to go
    read = []

    def reading():
        for run in past(100):
            read.append(run.id)
            yield run

    # When
    gone = list(surplus(reading(), Stock({"Work": 100}, 0), Keep(days=0, runs=99), {}, NOW))
    # Then
    assert len(gone) == 1
    assert len(read) == 2
