"""Progress, status message and tracking URL."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Shows them in luigid's visualiser.",
    "reports": "Shows them with the task; the last ones stay.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root"],
    "details": {"Root": {"progress": 80.0, "message": "four of five", "tracking_url": "http://localhost/jobs/5"}},
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        self.set_tracking_url("http://localhost/jobs/5")
        for step in (1, 4):
            self.set_progress_percentage(20 * step)
        self.set_status_message("four of five")
        write(self)
