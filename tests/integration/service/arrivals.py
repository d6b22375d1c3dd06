"""File sensors on a service with the inbox `in`, and what has become of what was put there."""

from __future__ import annotations

import time

from trigger_service.domain.files import FileSource
from trigger_service.domain.run import RunRequest
from trigger_service.domain.sensors import Sensor

ACTOR = "cli ada"
N = r"(?P<n>\d+)(_(?P<month>\d{4}-\d{2}))?\.csv"


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


def _path(service, delivery):
    """The path of the file of a delivery, or how many files it has."""
    return delivery.key.removeprefix(f"{service.folder}/").partition(" ")[0]


def all_deliveries(service, name):
    """All deliveries of a sensor, as `deliveries` gives them."""
    found, before = [], None
    while page := service.sensors.deliveries(name, before, 500):
        found += [(each.state, _path(service, each), each.reason) for each in page]
        before = page[-1].id
    return found
