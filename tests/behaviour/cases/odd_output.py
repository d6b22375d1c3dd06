"""Carriage returns, colours, bytes that are no text, an empty line, no line end."""

import sys

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Prints the bytes.",
    "reports": "All is shown; what is no UTF-8 as \\xNN.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root"],
    "same_output": False,
    "log": {"Root": ["100 %", "red", "\\xff\\xfe", "no line end"]},
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        for percent in (10, 50, 100):
            print(f"\r{percent} %", end="")
        print("\n\033[31mred\033[0m\n", flush=True)
        sys.stdout.buffer.write(b"\xff\xfe\n")
        sys.stdout.flush()
        write(self)
        print("no line end", end="")
