"""Event handlers, one of which raises."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Logs what a handler raises and goes on.",
    "reports": "The same; the traceback is in the log.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root", "Root has started", "Root is done"],
    "log": {"Root": ["OSError: no bell"]},
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)


@Root.event_handler(luigi.Event.START)
def on_start(task):
    note(task, "has started")
    raise OSError("no bell")


@Root.event_handler(luigi.Event.SUCCESS)
def on_success(task):
    note(task, "is done")
