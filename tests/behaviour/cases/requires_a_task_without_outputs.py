"""A task that requires one without outputs, which is never complete."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs the requirement, then says that it is not fulfilled; exits with 0.",
    "reports": "Failed: which dependency is not fulfilled at run time, after it was run once more.",
    "state": "failed",
    "tasks": {"done": 1, "failed": 1},
    "ran": ["Nothing", "Nothing"],
    "plain_ran": ["Nothing"],
    "error": [
        "TaskFailed",
        "Unfulfilled dependency at run time: cases.requires_a_task_without_outputs.Nothing",
        "Root",
    ],
}


class Nothing(luigi.Task):
    def run(self):
        note(self)


class Root(luigi.Task):
    def requires(self):
        return Nothing()

    def output(self):
        return place(self)

    def run(self):
        write(self)
