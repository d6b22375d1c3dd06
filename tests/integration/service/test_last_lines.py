"""The last lines of a failing task are all there are: they wait for those that are still on their way to the log."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from polling import until

from trigger_service.domain.logs import LogLine, encode
from trigger_service.domain.notices import Notice
from trigger_service.domain.run import RunError
from trigger_service.domain.spec import ExitReport, attempt_folder
from trigger_service.service import lastlines
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.lastlines import LastLines


class Awaited(Broadcast):
    """Tells the test that somebody waits."""

    def __init__(self):
        super().__init__()
        self.waits = threading.Event()

    def wait(self, run_id, version, timeout):
        self.waits.set()
        return super().wait(run_id, version, timeout)


def test_lines_that_come_late_are_among_the_last_lines(house, monkeypatch):
    # Given a run that has failed, with some of its output not in its log yet
    def doing(child):
        child.log("the first line", "Load_1")
        return ExitReport("failed", root_complete=False, error=RunError("TaskFailed", "no", "Load_1"))

    service = house(doing)
    pump = service.launcher.tend_pump
    service.launcher.tend_pump = lambda _folder: False
    run = service.end_of(service.submit())
    folder = attempt_folder(service.home, run.id, 1)
    # When somebody is to be told of it
    monkeypatch.setattr(lastlines, "_PATIENCE_S", 40.0)
    broadcast = Awaited()
    notice = Notice.of_run("failed", run, 0.0)
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(LastLines(service.home, service.database, broadcast).added_to, notice)
        assert broadcast.waits.wait(30)
        # And the rest comes
        with folder.log_file.open("ab") as log:
            log.write(encode(LogLine(time.time(), "INFO", "stdout", "Load_1", 1, "the last line")))
        service.launcher.tend_pump = pump
        until(lambda: pump(folder), "the whole log")
        broadcast.notify(run.id)
        # Then
        assert told.result(30).lines == ("the first line", "the last line")
