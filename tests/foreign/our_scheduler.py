"""A pytest plugin for Luigi's own tests: `luigi.scheduler.Scheduler` is the product's, where OURS is set."""

import os
import sys
import time
import unittest.mock
from pathlib import Path

import luigi.scheduler

from trigger_service.luigid.changes import Changes
from trigger_service.luigid.scheduler import TriggerScheduler


class Ours(TriggerScheduler):
    """Made as Luigi's own is: with Luigi's own defaults, which are not the product's."""

    def __init__(self, config=None, resources=None, task_history_impl=None, **settings):
        super().__init__(config or luigi.scheduler.scheduler(**settings), Changes(time.time()))
        if resources is not None:
            self._resources = resources
        if task_history_impl is not None:
            self._task_history = task_history_impl


def pytest_runtest_logreport(report):
    """Write each outcome into the file OUTCOMES: `call passed test/scheduler_test.py::SchedulerTest::test_ping`."""
    with Path(os.environ["OUTCOMES"]).open("a") as file:
        file.write(f"{report.when} {report.outcome} {report.nodeid}\n")


# Luigi's tests import the package `mock`, which is the library's own by now
sys.modules["mock"] = unittest.mock
if os.environ.get("OURS"):
    luigi.scheduler.Scheduler = Ours
