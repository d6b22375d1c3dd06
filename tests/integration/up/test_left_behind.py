"""A process that a task has left behind."""

import pytest
from polling import until

from trigger_service.client import Client

DAEMON = """
import os
import time
from pathlib import Path
import luigi

class StartsDaemon(luigi.Task):
    def output(self):
        return luigi.LocalTarget("started")
    def run(self):
        if os.fork() == 0:
            print("here")
            while not Path("stop").exists():
                time.sleep(0.1)
            print("gone")
            os._exit(0)
        self.output().open("w").close()
"""


@pytest.mark.long
@pytest.mark.timeout(90)
def test_who_follows_a_run_is_not_kept_by_a_process_that_its_task_has_left_behind(product):
    # Given
    product.configure("")
    (product.folder / "steps.py").write_text(DAEMON)
    product.start()
    # When
    run_id = product.trigger_with("StartsDaemon", {})
    followed = [line["text"] for line in Client(product.url).logs(run_id, follow=True, timeout_s=60)]
    # Then
    assert "here" in followed
    assert product.state(run_id) == "succeeded"
    assert product.get(f"/runs/{run_id}/logs")["complete"] is False
    (product.folder / "stop").touch()
    texts = until(lambda: _texts_once_whole(product, run_id), "the log is whole")
    assert texts[-1] == "gone"


def _texts_once_whole(product, run_id):
    page = product.get(f"/runs/{run_id}/logs")
    return [line["text"] for line in page["items"]] if page["complete"] else None
