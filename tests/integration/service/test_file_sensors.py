"""File sensors: each file that settles in an inbox becomes one delivery, and one run."""

from __future__ import annotations

import time

import pytest
from arrivals import ACTOR, all_deliveries, deliveries, look, put, save, started, states

from trigger_service.domain.errors import InvalidRequest, SensorNotFound
from trigger_service.domain.files import BATCH_FILES
from trigger_service.service.scan import CHUNK


def test_a_file_becomes_a_run_with_the_groups_of_its_name(watcher):
    # Given
    save(watcher)
    put(watcher, "1.csv", "2_2013-01.csv", "2_2013-1.csv", "other/3.csv", "x3.csv", "3.csv.part")
    # When
    look(watcher)
    look(watcher)
    # Then
    assert deliveries(watcher) == [("started", "1.csv", ""), ("started", "2_2013-01.csv", "")]
    assert started(watcher) == [{"n": "1"}, {"n": "2", "month": "2013-01"}]
    assert states(watcher) == {"1.csv": "taken", "2_2013-01.csv": "taken"}
    (first, _) = watcher.sensors.deliveries("arrivals", None, 2)[::-1]
    run = watcher.run(first.run_id)
    assert (run.trigger.kind, run.trigger.by) == ("file", "arrivals")
    watcher.until(run, "succeeded")


def test_parameters_are_mapped_from_what_a_file_is(watcher):
    mapping = {"n": "/size", "month": "{/groups/year}-{/groups/month} {/name} {/url} {/path}"}
    save(watcher, pattern=r"(?P<year>\d+)/(?P<month>\d+)\.csv", mapping=mapping)
    put(watcher, "2013/01.csv", text="four")

    look(watcher)

    assert started(watcher) == [{"n": "4", "month": f"2013-01 01.csv {watcher.folder}/2013/01.csv 2013/01.csv"}]


def test_a_file_is_taken_once_it_was_not_changed_for_a_while(watcher):
    # Given a file that is being written
    save(watcher, settle_s=5.0, poll_s=60.0)
    put(watcher, "1.csv")
    # When it is looked at, also after it has grown
    assert look(watcher, 1000.0) == 5.0
    put(watcher, "1.csv", text="xx")
    assert look(watcher, 1004.0) == 5.0
    assert look(watcher, 1008.9) == pytest.approx(0.1)
    # Then it is taken only when it is whole
    assert (deliveries(watcher), states(watcher)) == ([], {"1.csv": "new"})
    assert look(watcher, 1009.0) == 60.0
    assert started(watcher) == [{"n": "1"}]
    assert watcher.automation.inboxes.files("arrivals", "taken", "", 9)[0].size == 2


def test_a_file_that_goes_before_it_is_whole_is_none(watcher):
    save(watcher, settle_s=5.0)
    put(watcher, "1.csv", "2.csv")
    look(watcher, 1000.0)
    (watcher.folder / "1.csv").unlink()

    look(watcher, 1005.0)

    assert states(watcher) == {"2.csv": "taken"}
    put(watcher, "1.csv")
    assert look(watcher, 1006.0) == 5.0


@pytest.mark.parametrize(("changed", "runs"), [(False, 1), (True, 2)])
def test_a_changed_file_counts_again_where_that_is_wanted(watcher, changed, runs):
    save(watcher, changed=changed)
    put(watcher, "1.csv")
    look(watcher)

    put(watcher, "1.csv", text="changed")
    look(watcher)
    look(watcher)

    assert len(started(watcher)) == runs


@pytest.mark.parametrize("existing", [True, False])
def test_files_that_were_there_before_the_sensor_are_taken_unless_it_says_otherwise(watcher, existing):
    put(watcher, "1.csv", "2.csv")
    save(watcher, existing=existing, changed=True)
    look(watcher)
    assert set(states(watcher).values()) == {"taken" if existing else "existing"}

    put(watcher, "2.csv", text="changed")
    put(watcher, "3.csv")
    look(watcher)

    names = [key for _, key, _ in deliveries(watcher)]
    assert names == (["1.csv", "2.csv"] if existing else []) + ["2.csv", "3.csv"]


def test_files_of_equal_groups_are_handed_on_together(watcher):
    # Given
    mapping = {"n": {"pointer": "/files/1/size", "default": 0}, "month": "/groups/month"}
    save(watcher, pattern=r"(?P<month>[^/]+)/.*", mapping=mapping, settle_s=1.0, batch_s=10.0)
    put(watcher, "a/1", "a/2", "b/1")
    look(watcher, 1000.0)
    put(watcher, "a/3", text="three")
    # When
    assert look(watcher, 1003.0) == 1.0
    assert look(watcher, 1004.0) == 7.0
    assert deliveries(watcher) == []
    look(watcher, 1011.0)
    # Then
    assert {parameters["month"]: parameters["n"] for parameters in started(watcher)} == {"a": "1", "b": "0"}
    assert sorted(key for _, key, _ in deliveries(watcher)) == ["3", "b/1"]
    assert set(states(watcher).values()) == {"taken"}
    # And what comes later makes another batch
    put(watcher, "a/4")
    look(watcher, 1012.0)
    look(watcher, 1023.0)
    assert sorted(key for _, key, _ in deliveries(watcher)) == ["3", "a/4", "b/1"]


def test_more_files_than_one_transaction_takes_are_each_taken_once(watcher):
    # Given
    names = [f"{number}.csv" for number in range(CHUNK * 2 + 1)]
    put(watcher, *names)
    save(watcher, pattern=".*", settle_s=0.0)
    save(watcher, "together", pattern=".*", batch_s=0.001)
    # When
    now = time.time()
    for _ in range(2):
        watcher.automation.inboxes.look("in", now)
        now += 1
    # Then
    assert sorted(key for _, key, _ in all_deliveries(watcher, "arrivals")) == sorted(names)
    assert sorted(int(key) for _, key, _ in all_deliveries(watcher, "together") if key.isdigit()) == [BATCH_FILES]


def test_sensors_of_one_inbox_do_not_know_of_each_other(watcher):
    save(watcher, "one", pattern=r"(?P<n>1)\.csv")
    save(watcher, "all")
    put(watcher, "1.csv", "2.csv")

    look(watcher)
    watcher.sensors.remove("one", ACTOR)

    assert [key for _, key, _ in deliveries(watcher, "all")] == ["1.csv", "2.csv"]
    with pytest.raises(SensorNotFound):
        watcher.automation.inboxes.files("one", None, "", 9)
    save(watcher, "one", pattern=r"(?P<n>1)\.csv")
    look(watcher)
    assert [key for _, key, _ in deliveries(watcher, "one")] == ["1.csv"]


def test_a_sensor_that_is_made_anew_takes_what_the_one_of_before_has_taken(watcher):
    put(watcher, "1.csv")
    for _ in range(2):
        save(watcher)
        look(watcher)
        look(watcher)
        assert len(started(watcher)) == 1
        watcher.sensors.remove("arrivals", ACTOR)


def test_a_sensor_that_is_changed_knows_its_files_and_finds_those_it_did_not_look_for(watcher):
    save(watcher, pattern=r"(?P<n>1)\.csv")
    put(watcher, "1.csv", "2.csv")
    look(watcher)

    save(watcher, poll_s=7.0)
    look(watcher)

    assert [key for _, key, _ in deliveries(watcher)] == ["1.csv", "2.csv"]


def test_what_arrives_while_a_sensor_is_paused_is_taken_when_it_goes_on(watcher):
    save(watcher)
    watcher.sensors.pause("arrivals", True, ACTOR)
    put(watcher, "1.csv")
    look(watcher)
    assert states(watcher) == {}

    watcher.sensors.pause("arrivals", False, ACTOR)
    look(watcher)

    assert started(watcher) == [{"n": "1"}]


def test_a_restart_knows_what_was_taken_and_what_waits(make):
    # Given
    service = make()
    save(service, settle_s=5.0)
    put(service, "1.csv")
    look(service, 1000.0)
    look(service, 1005.0)
    put(service, "2.csv")
    look(service, 1006.0)
    # When
    service.stop()
    service.start()
    look(service, 1011.0)
    look(service, 1012.0)
    # Then
    assert [key for _, key, _ in deliveries(service)] == ["1.csv", "2.csv"]


@pytest.mark.parametrize(
    ("source", "pointer", "detail"),
    [
        ({"inbox": "im"}, "/source/inbox", "luigi.cfg has no [inbox:im]; did you mean 'in'?"),
        ({"pattern": "(?P<n>a"}, "/source/pattern", "'(?P<n>a', position 8: missing )"),
        ({"pattern": "(?P<n>a)**"}, "/source/pattern", "'(?P<n>a)**', position 9: bad repetition operator"),
        ({"ordered": True}, "/source/ordered", "goes with an S3 prefix"),
        ({"pattern": "(?P<n>a)(?P<m>b)"}, "/source/pattern", "Work has no parameter 'm'"),
    ],
)
def test_what_is_wrong_with_a_sensor_is_said_when_it_is_saved(watcher, source, pointer, detail):
    with pytest.raises(InvalidRequest) as caught:
        save(watcher, **source)

    (problem,) = [problem for problem in caught.value.problems if problem.pointer == pointer]
    assert problem.detail.startswith(detail)
