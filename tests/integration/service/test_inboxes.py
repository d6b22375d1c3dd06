"""Inboxes: what is said of them, who looks at them, and what others do meanwhile."""

from __future__ import annotations

import os
import threading
import time

import pytest
from arrivals import ACTOR, all_deliveries, deliveries, look, put, save, started, states
from polling import until

from trigger_service.domain.errors import Unavailable
from trigger_service.service.folder import Folder
from trigger_service.service.scan import LooksElsewhere, Scan, Watching


def test_a_sensor_that_looks_elsewhere_knows_nothing_of_there(watcher, tmp_path):
    # Given two inboxes with a file that looks the same
    (tmp_path / "nowhere").mkdir()
    for folder in ("in", "nowhere"):
        (tmp_path / folder / "1.csv").touch()
        os.utime(tmp_path / folder / "1.csv", ns=(0, 0))
    save(watcher)
    look(watcher)
    # When
    save(watcher, inbox="nowhere")
    watcher.automation.inboxes.look("nowhere", time.time())
    watcher.sensors.look()
    # Then
    assert started(watcher) == [{"n": "1"}, {"n": "1"}]


def test_two_processes_that_look_at_one_inbox_take_each_file_once(watcher):
    # Given
    names = [f"{number}.csv" for number in range(300)]
    put(watcher, *names)
    save(watcher)
    save(watcher, "together", pattern=r".*", batch_s=0.001)
    database, inbox = watcher.database, watcher.inboxes["in"]
    scans = [Scan(database, inbox, Folder(inbox.url), lambda: None) for _ in range(2)]
    watching = [Watching(each.name, each.source, each.created_at) for each in watcher.sensors.listed("file")]
    # When both look at the same time, twice
    for _ in range(2):
        threads = [threading.Thread(target=scan.look, args=(watching, time.time())) for scan in scans]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    # Then
    assert sorted(key for _, key, _ in all_deliveries(watcher, "arrivals")) == sorted(names)
    assert sum(int(key) for _, key, _ in all_deliveries(watcher, "together")) == 300
    assert set(states(watcher, "together").values()) == {"taken"}


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda watcher: watcher.sensors.remove("arrivals", ACTOR),
        lambda watcher: save(watcher, inbox="nowhere"),
        lambda watcher: save(watcher, pattern=r"(?P<n>2)\.csv"),
    ],
    ids=["removed", "elsewhere", "other files"],
)
def test_a_look_is_given_up_when_its_sensor_is_another_one_meanwhile(watcher, meanwhile):
    # Given a folder that takes long to list
    class Slow(Folder):
        def files(self, after):
            yield from super().files(after)
            meanwhile(watcher)

    put(watcher, "1.csv")
    watching = save(watcher)
    inbox = watcher.inboxes["in"]
    scan = Scan(watcher.database, inbox, Slow(inbox.url), lambda: None)
    # When
    with pytest.raises(LooksElsewhere):
        scan.look([Watching("arrivals", watching.source, watching.created_at)], time.time())
    # Then nothing is started by it
    if watcher.sensors.listed("file"):
        assert all_deliveries(watcher, "arrivals") == []


def test_an_inbox_that_is_configured_no_more_is_the_trouble_of_its_sensor(watcher):
    sensor = save(watcher)
    watcher.stop()
    watcher.inboxes = {}
    watcher.start()

    assert watcher.automation.inboxes.listed() == []
    assert watcher.automation.inboxes.trouble_of(sensor).startswith("luigi.cfg has no [inbox:in] any more; add it")


def test_an_inbox_that_cannot_be_looked_at_says_why_until_it_can(watcher, tmp_path, caplog):
    # Given
    inboxes = watcher.automation.inboxes
    save(watcher, inbox="nowhere")
    # When
    for _ in range(2):
        with pytest.raises(Unavailable):
            inboxes.look("nowhere", 1.0)
    # Then
    said = {state.name: (state.kind, state.trouble, state.sensors) for state in inboxes.listed()}
    assert said["in"] == ("folder", "", ())
    trouble = inboxes.trouble_of(watcher.sensors.get("arrivals"))
    assert said["nowhere"] == ("folder", trouble, ("arrivals",))
    assert "No such file or directory; make it" in trouble
    assert [record.action for record in caplog.records] == ["inbox_trouble"]
    # And when it is there, all is well
    (tmp_path / "nowhere").mkdir()
    inboxes.look("nowhere", 2.0)
    assert inboxes.trouble_of(watcher.sensors.get("arrivals")) == ""
    assert [record.action for record in caplog.records] == ["inbox_trouble", "inbox_well"]


def test_the_threads_take_what_arrives(watcher):
    # Given
    inboxes = watcher.automation.inboxes
    inboxes.start()
    try:
        # When
        save(watcher, settle_s=0.1, poll_s=3600.0)
        until(lambda: inboxes.watched("in"), "the watch")
        put(watcher, "1.csv")
        # Then
        until(lambda: states(watcher) == {"1.csv": "taken"}, "the file")
    finally:
        inboxes.stop()
    assert [key for _, key, _ in deliveries(watcher)] == ["1.csv"]
