"""A multiprocessing pool in a task."""

import multiprocessing

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs it; with more than one worker, too.",
    "reports": "The same; what the pool's processes print is the task's.",
    "workers": 2,
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root"],
    "log": {"Root": ["square 3"]},
}


def square(number):
    print(f"square {number}", flush=True)
    return number * number


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        with multiprocessing.Pool(2) as pool:
            squares = pool.map(square, [1, 2, 3])
        with self.output().open("w") as file:
            file.write(str(squares))
