"""File sensors: each file that settles in an inbox becomes one delivery, and one run."""

from __future__ import annotations

import os
import threading
import time

import pytest
from polling import until

from trigger_service.domain.errors import InvalidRequest, SensorNotFound, Unavailable
from trigger_service.domain.files import BATCH_FILES, FileSource, Inbox
from trigger_service.domain.run import RunRequest
from trigger_service.domain.sensors import Sensor
from trigger_service.service.folder import Folder
from trigger_service.service.scan import CHUNK, LooksElsewhere, Scan, Watching

ACTOR = "cli ada"
N = r"(?P<n>\d+)(_(?P<month>\d{4}-\d{2}))?\.csv"


@pytest.fixture
def make(house, tmp_path):
    """Makes a service with the inbox `in`, a folder that is there already."""
    folder = tmp_path / "in"
    folder.mkdir()

    def made():
        service = house(inboxes={"in": Inbox(str(folder)), "nowhere": Inbox(str(tmp_path / "nowhere"))})
        service.folder = folder
        return service

    return made


@pytest.fixture
def service(make):
    return make()


def save(service, name="arrivals", pattern=N, mapping=None, **source):
    request = RunRequest("Work", parameters={} if "(?P<n>" in pattern else {"n": "1"})
    source = FileSource(**{"inbox": "in", "pattern": pattern, "settle_s": 0.0, **source})
    return service.sensors.save(Sensor(name, source, request, mapping or {}), ACTOR)


def put(service, *names, text="x"):
    for name in names:
        (service.folder / name).parent.mkdir(exist_ok=True)
        (service.folder / name).write_text(text)


def look(service, now=None):
    """Look once, as the threads would; when to look again, in seconds."""
    now = time.time() if now is None else now
    again = service.automation.inboxes.look("in", now)
    service.sensors.look()
    return again - now


def deliveries(service, name="arrivals"):
    """States and keys without the versions, oldest first."""
    found = service.sensors.deliveries(name, None, 500)[::-1]
    return [(each.state, _path(service, each), each.reason) for each in found]


def started(service, name="arrivals"):
    """The parameters of the runs, oldest delivery first."""
    return [service.run(each.run_id).texts for each in service.sensors.deliveries(name, None, 500)[::-1]]


def states(service, name="arrivals"):
    return {file.path: file.state for file in service.automation.inboxes.files(name, None, "", 500)}


def test_a_file_becomes_a_run_with_the_groups_of_its_name(service):
    # Given
    save(service)
    put(service, "1.csv", "2_2013-01.csv", "2_2013-1.csv", "other/3.csv", "x3.csv", "3.csv.part")
    # When
    look(service)
    look(service)
    # Then
    assert deliveries(service) == [("started", "1.csv", ""), ("started", "2_2013-01.csv", "")]
    assert started(service) == [{"n": "1"}, {"n": "2", "month": "2013-01"}]
    assert states(service) == {"1.csv": "taken", "2_2013-01.csv": "taken"}
    (first, _) = service.sensors.deliveries("arrivals", None, 2)[::-1]
    run = service.run(first.run_id)
    assert (run.trigger.kind, run.trigger.by) == ("file", "arrivals")
    service.until(run, "succeeded")


def test_parameters_are_mapped_from_what_a_file_is(service):
    mapping = {"n": "/size", "month": "{/groups/year}-{/groups/month} {/name} {/url} {/path}"}
    save(service, pattern=r"(?P<year>\d+)/(?P<month>\d+)\.csv", mapping=mapping)
    put(service, "2013/01.csv", text="four")

    look(service)

    assert started(service) == [{"n": "4", "month": f"2013-01 01.csv {service.folder}/2013/01.csv 2013/01.csv"}]


def test_a_file_is_taken_once_it_was_not_changed_for_a_while(service):
    # Given a file that is being written
    save(service, settle_s=5.0, poll_s=60.0)
    put(service, "1.csv")
    # When it is looked at, also after it has grown
    assert look(service, 1000.0) == 5.0
    put(service, "1.csv", text="xx")
    assert look(service, 1004.0) == 5.0
    assert look(service, 1008.9) == pytest.approx(0.1)
    # Then it is taken only when it is whole
    assert (deliveries(service), states(service)) == ([], {"1.csv": "new"})
    assert look(service, 1009.0) == 60.0
    assert started(service) == [{"n": "1"}]
    assert service.automation.inboxes.files("arrivals", "taken", "", 9)[0].size == 2


def test_a_file_that_goes_before_it_is_whole_is_none(service):
    save(service, settle_s=5.0)
    put(service, "1.csv", "2.csv")
    look(service, 1000.0)
    (service.folder / "1.csv").unlink()

    look(service, 1005.0)

    assert states(service) == {"2.csv": "taken"}
    put(service, "1.csv")
    assert look(service, 1006.0) == 5.0


@pytest.mark.parametrize(("changed", "runs"), [(False, 1), (True, 2)])
def test_a_changed_file_counts_again_where_that_is_wanted(service, changed, runs):
    save(service, changed=changed)
    put(service, "1.csv")
    look(service)

    put(service, "1.csv", text="changed")
    look(service)
    look(service)

    assert len(started(service)) == runs


@pytest.mark.parametrize("existing", [True, False])
def test_files_that_were_there_before_the_sensor_are_taken_unless_it_says_otherwise(service, existing):
    put(service, "1.csv", "2.csv")
    save(service, existing=existing, changed=True)
    look(service)
    assert set(states(service).values()) == {"taken" if existing else "existing"}

    put(service, "2.csv", text="changed")
    put(service, "3.csv")
    look(service)

    names = [key for _, key, _ in deliveries(service)]
    assert names == (["1.csv", "2.csv"] if existing else []) + ["2.csv", "3.csv"]


def test_files_of_equal_groups_are_handed_on_together(service):
    # Given
    mapping = {"n": {"pointer": "/files/1/size", "default": 0}, "month": "/groups/month"}
    save(service, pattern=r"(?P<month>[^/]+)/.*", mapping=mapping, settle_s=1.0, batch_s=10.0)
    put(service, "a/1", "a/2", "b/1")
    look(service, 1000.0)
    put(service, "a/3", text="three")
    # When
    assert look(service, 1003.0) == 1.0
    assert look(service, 1004.0) == 7.0
    assert deliveries(service) == []
    look(service, 1011.0)
    # Then
    assert {parameters["month"]: parameters["n"] for parameters in started(service)} == {"a": "1", "b": "0"}
    assert sorted(key for _, key, _ in deliveries(service)) == ["3", "b/1"]
    assert set(states(service).values()) == {"taken"}
    # And what comes later makes another batch
    put(service, "a/4")
    look(service, 1012.0)
    look(service, 1023.0)
    assert sorted(key for _, key, _ in deliveries(service)) == ["3", "a/4", "b/1"]


def test_more_files_than_one_transaction_takes_are_each_taken_once(service):
    # Given
    names = [f"{number}.csv" for number in range(CHUNK * 2 + 1)]
    put(service, *names)
    save(service, pattern=".*", settle_s=0.0)
    save(service, "together", pattern=".*", batch_s=0.001)
    # When
    now = time.time()
    for _ in range(2):
        service.automation.inboxes.look("in", now)
        now += 1
    # Then
    assert sorted(key for _, key, _ in _all(service, "arrivals")) == sorted(names)
    assert sorted(int(key) for _, key, _ in _all(service, "together") if key.isdigit()) == [BATCH_FILES]


def test_sensors_of_one_inbox_do_not_know_of_each_other(service):
    save(service, "one", pattern=r"(?P<n>1)\.csv")
    save(service, "all")
    put(service, "1.csv", "2.csv")

    look(service)
    service.sensors.remove("one", ACTOR)

    assert [key for _, key, _ in deliveries(service, "all")] == ["1.csv", "2.csv"]
    with pytest.raises(SensorNotFound):
        service.automation.inboxes.files("one", None, "", 9)
    save(service, "one", pattern=r"(?P<n>1)\.csv")
    look(service)
    assert [key for _, key, _ in deliveries(service, "one")] == ["1.csv"]


def test_a_sensor_that_is_made_anew_takes_what_the_one_of_before_has_taken(service):
    put(service, "1.csv")
    for _ in range(2):
        save(service)
        look(service)
        look(service)
        assert len(started(service)) == 1
        service.sensors.remove("arrivals", ACTOR)


def test_a_sensor_that_is_changed_knows_its_files_and_finds_those_it_did_not_look_for(service):
    save(service, pattern=r"(?P<n>1)\.csv")
    put(service, "1.csv", "2.csv")
    look(service)

    save(service, poll_s=7.0)
    look(service)

    assert [key for _, key, _ in deliveries(service)] == ["1.csv", "2.csv"]


def test_what_arrives_while_a_sensor_is_paused_is_taken_when_it_goes_on(service):
    save(service)
    service.sensors.pause("arrivals", True, ACTOR)
    put(service, "1.csv")
    look(service)
    assert states(service) == {}

    service.sensors.pause("arrivals", False, ACTOR)
    look(service)

    assert started(service) == [{"n": "1"}]


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


def test_a_sensor_that_looks_elsewhere_knows_nothing_of_there(service, tmp_path):
    # Given two inboxes with a file that looks the same
    (tmp_path / "nowhere").mkdir()
    for folder in ("in", "nowhere"):
        (tmp_path / folder / "1.csv").touch()
        os.utime(tmp_path / folder / "1.csv", ns=(0, 0))
    save(service)
    look(service)
    # When
    save(service, inbox="nowhere")
    service.automation.inboxes.look("nowhere", time.time())
    service.sensors.look()
    # Then
    assert started(service) == [{"n": "1"}, {"n": "1"}]


def test_two_processes_that_look_at_one_inbox_take_each_file_once(service):
    # Given
    names = [f"{number}.csv" for number in range(300)]
    put(service, *names)
    save(service)
    save(service, "together", pattern=r".*", batch_s=0.001)
    database, inbox = service.database, service.inboxes["in"]
    scans = [Scan(database, inbox, Folder(inbox.url), lambda: None) for _ in range(2)]
    watching = [Watching(each.name, each.source, each.created_at) for each in service.sensors.listed("file")]
    # When both look at the same time, twice
    for _ in range(2):
        threads = [threading.Thread(target=scan.look, args=(watching, time.time())) for scan in scans]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    # Then
    assert sorted(key for _, key, _ in _all(service, "arrivals")) == sorted(names)
    assert sum(int(key) for _, key, _ in _all(service, "together")) == 300
    assert set(states(service, "together").values()) == {"taken"}


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda service: service.sensors.remove("arrivals", ACTOR),
        lambda service: save(service, inbox="nowhere"),
        lambda service: save(service, pattern=r"(?P<n>2)\.csv"),
    ],
    ids=["removed", "elsewhere", "other files"],
)
def test_a_look_is_given_up_when_its_sensor_is_another_one_meanwhile(service, meanwhile):
    # Given a folder that takes long to list
    class Slow(Folder):
        def files(self, after):
            yield from super().files(after)
            meanwhile(service)

    put(service, "1.csv")
    watching = save(service)
    inbox = service.inboxes["in"]
    scan = Scan(service.database, inbox, Slow(inbox.url), lambda: None)
    # When
    with pytest.raises(LooksElsewhere):
        scan.look([Watching("arrivals", watching.source, watching.created_at)], time.time())
    # Then nothing is started by it
    if service.sensors.listed("file"):
        assert _all(service, "arrivals") == []


def test_an_inbox_that_is_configured_no_more_is_the_trouble_of_its_sensor(service):
    sensor = save(service)
    service.stop()
    service.inboxes = {}
    service.start()

    assert service.automation.inboxes.listed() == []
    assert service.automation.inboxes.trouble_of(sensor).startswith("luigi.cfg has no [inbox:in] any more; add it")


def test_an_inbox_that_cannot_be_looked_at_says_why_until_it_can(service, tmp_path, caplog):
    # Given
    inboxes = service.automation.inboxes
    save(service, inbox="nowhere")
    # When
    for _ in range(2):
        with pytest.raises(Unavailable):
            inboxes.look("nowhere", 1.0)
    # Then
    said = {state.name: (state.kind, state.trouble, state.sensors) for state in inboxes.listed()}
    assert said["in"] == ("folder", "", ())
    trouble = inboxes.trouble_of(service.sensors.get("arrivals"))
    assert said["nowhere"] == ("folder", trouble, ("arrivals",))
    assert "No such file or directory; make it" in trouble
    assert [record.action for record in caplog.records] == ["inbox_trouble"]
    # And when it is there, all is well
    (tmp_path / "nowhere").mkdir()
    inboxes.look("nowhere", 2.0)
    assert inboxes.trouble_of(service.sensors.get("arrivals")) == ""
    assert [record.action for record in caplog.records] == ["inbox_trouble", "inbox_well"]


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
def test_what_is_wrong_with_a_sensor_is_said_when_it_is_saved(service, source, pointer, detail):
    with pytest.raises(InvalidRequest) as caught:
        save(service, **source)

    (problem,) = [problem for problem in caught.value.problems if problem.pointer == pointer]
    assert problem.detail.startswith(detail)


def test_the_threads_take_what_arrives(service):
    # Given
    inboxes = service.automation.inboxes
    inboxes.start()
    try:
        # When
        save(service, settle_s=0.1, poll_s=3600.0)
        until(lambda: inboxes.watched("in"), "the watch")
        put(service, "1.csv")
        # Then
        until(lambda: states(service) == {"1.csv": "taken"}, "the file")
    finally:
        inboxes.stop()
    assert [key for _, key, _ in deliveries(service)] == ["1.csv"]


def _path(service, delivery):
    """The path of the file of a delivery, or how many files it has."""
    return delivery.key.removeprefix(f"{service.folder}/").partition(" ")[0]


def _all(service, name):
    """All deliveries of a sensor, as `deliveries` gives them."""
    found, before = [], None
    while page := service.sensors.deliveries(name, before, 500):
        found += [(each.state, _path(service, each), each.reason) for each in page]
        before = page[-1].id
    return found
