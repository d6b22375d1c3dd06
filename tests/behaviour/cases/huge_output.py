"""Two megabytes of output, a line of half a megabyte among it."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Prints it.",
    "reports": "All of it is in the log.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        for number in range(2000):
            print(f"{number:06} " + "x" * 750)
        print("y" * 500_000)
        write(self)
