"""A task that prints from threads, one of which is still running when run() returns."""

import threading

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Waits at its end for the thread that is no daemon.",
    "reports": "Waits for it too, before it asks for the targets; what is printed in run() is the task's.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root", "Root thread"],
    "same_output": False,
    "log": {"Root": ["inside 0", "inside 1", "inside 2"]},
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        threads = [threading.Thread(target=print, args=(f"inside {number}",)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        threading.Timer(0.3, note, (self, "thread")).start()
        self.output().open("w").close()
