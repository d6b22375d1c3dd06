"""File sensors over HTTP: what is wrong with one is told at its place; the files that it knows come page by page."""

import os

import pytest
import requests
from polling import until

from trigger_service.domain.files import KnownFile
from trigger_service.web.file_documents import file_json

SOURCE = {"kind": "file", "inbox": "in", "pattern": r"(?P<name>[a-z]+)\.over-http", "settle_s": 0}


@pytest.fixture
def sensor(service):
    """Saves and shows the sensor of a test, which is removed after it."""
    url = f"{service.url}/api/v1/sensors/over-http"

    def save(**source):
        return requests.put(url, json={"pipeline": "Quick", "source": {**SOURCE, **source}}, timeout=30)

    save.url = url
    yield save
    requests.delete(url, timeout=30)


@pytest.mark.parametrize(
    ("source", "pointer"),
    [
        ({"inbox": "../etc"}, "/source/inbox"),
        ({"inbox": "/etc"}, "/source/inbox"),
        ({"pattern": "(?P<name>a"}, "/source/pattern"),
        ({"pattern": r"(?P<name>a)(?P<nome>b)"}, "/source/pattern"),
        ({"pattern": ""}, "/source/pattern"),
        ({"settle_s": -1}, "/source/settle_s"),
        ({"poll_s": 0.5}, "/source/poll_s"),
        ({"batch_s": "1"}, "/source/batch_s"),
        ({"ordered": True}, "/source/ordered"),
        ({"path": "/etc"}, "/source/path"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(sensor, source, pointer):
    answer = sensor(**source)

    assert answer.status_code == 422, answer.text
    assert [problem["pointer"] for problem in answer.json()["errors"]] == [pointer]


def test_a_time_that_is_no_date_is_none():
    assert file_json(KnownFile("a", "v", 1, 2.0**40, "new", 1.0, 2.0))["modified"] is None


def test_files_are_listed_page_by_page_and_inboxes_without_what_is_secret(sensor, service):
    # Given
    assert sensor().json()["trouble"] == ""
    for name in ("a", "b", "c"):
        file = service.folder / f"{name}.over-http"
        file.touch()
        os.utime(file, (1e9, 1e9))
        file.rename(service.folder / "in" / file.name)
    # When
    until(lambda: len(_files(sensor, state="taken")) == 3, "the files")
    # Then
    (first, second) = _files(sensor, limit=2)
    assert (first["path"], first["state"], first["size"]) == ("a.over-http", "taken", 0)
    assert first["modified"] == "2001-09-09T01:46:40.000Z"
    assert [file["path"] for file in _files(sensor, after=second["path"])] == ["c.over-http"]
    assert _files(sensor, state="new") == []
    (inbox,) = requests.get(f"{service.url}/api/v1/inboxes", timeout=30).json()["items"]
    assert inbox == {"name": "in", "kind": "folder", "trouble": "", "sensors": inbox["sensors"]}
    assert "over-http" in inbox["sensors"]
    assert requests.get(f"{service.url}/api/v1/sensors/nobody/files", timeout=30).status_code == 404
    _all_end(sensor, service)


def _files(sensor, **query):
    return requests.get(f"{sensor.url}/files", params=query, timeout=30).json()["items"]


def _all_end(sensor, service):
    """What others find is as it was."""
    until(lambda: all(each["run_id"] for each in _deliveries(sensor)), "all runs")
    for each in _deliveries(sensor):
        service.reaches(each["run_id"], "succeeded")


def _deliveries(sensor):
    return requests.get(f"{sensor.url}/deliveries", timeout=30).json()["items"]
