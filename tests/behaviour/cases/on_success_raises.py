"""on_success() that raises, after the output was written."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Fails the task; a second run finds it complete.",
    "reports": "Succeeded, as the output is there; the task is shown as failed, with what went wrong afterwards.",
    "state": "succeeded",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "details": {"Root": {"explanation": "ConnectionError: nobody to tell"}},
    "plain_face": ":(",
    "then": [{"tasks": {"complete": 1}, "ran": [], "details": {}, "plain_face": ":)"}],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)

    def on_success(self):
        raise ConnectionError("nobody to tell")
