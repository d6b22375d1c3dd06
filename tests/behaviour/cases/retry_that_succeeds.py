"""A task that fails the first time and has a retry left."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Ends after the first failure: only a worker with keep_alive would wait for [scheduler] retry_delay, 15 minutes.",
    "reports": "Retried at once and done the second time: two executions.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root", "Root"],
    "plain_ran": ["Root"],
    "plain_tasks": {"failed": 1},
    "plain_face": ":(",
    "differing": ["Root"],
    "details": {"Root": {"executions": 2}},
    "log": {"Root": ["RuntimeError: not the first time"]},
    "same_output": False,
}


class Root(luigi.Task):
    retry_count = 3

    def output(self):
        return place(self)

    def run(self):
        tried = place(self, "tried")
        if not tried.exists():
            tried.open("w").close()
            note(self)
            raise RuntimeError("not the first time")
        print("the second time")
        write(self)
