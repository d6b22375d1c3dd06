"""A task that forks and leaves children behind, which go on printing."""

import os
import threading

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Ends; the child lives on by itself.",
    "reports": "Succeeded; what the child prints after the run is in the log too.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root"],
    "same_output": False,
    "log": {"Root": ["from the child", "after the run"]},
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        reader, writer = os.pipe()
        if os.fork() == 0:
            print("from the child", flush=True)
            os.write(writer, b"!")
            threading.Event().wait(0.7)
            print("after the run", flush=True)
            os._exit(0)
        os.read(reader, 1)
        self.output().open("w").close()
