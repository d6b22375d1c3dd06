"""Progress, message and tracking URL that are none: out of bounds, no number, no text."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Takes whatever it is given.",
    "reports": "The task goes on; what is no number is not shown as progress.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root"],
    "details": {"Root": {"progress": 250.0, "message": "['a', 'list']", "tracking_url": "None"}},
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        self.set_tracking_url(None)
        self.set_status_message(["a", "list"])
        self.set_progress_percentage(250)
        self.set_progress_percentage("half")
        self.set_progress_percentage(None)
        write(self)
