"""on_success() that gives an explanation, and on_failure() that gives one."""

import luigi

from cases.ledger import note, place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Shows the explanation of a failure in luigid.",
    "reports": "Shows it as the error; that of a success with the task.",
    "state": "failed",
    "tasks": {"done": 1, "failed": 1, "pending": 1},
    "ran": ["Bad", "Good", "Good is glad"],
    "error": ["TaskFailed", "call the warehouse: no rows", "Bad"],
    "details": {"Good": {"explanation": "12 rows"}},
}


class Good(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)

    def on_success(self):
        note(self, "is glad")
        return "12 rows"


class Bad(Good):
    def run(self):
        note(self)
        raise ValueError("no rows")

    def on_failure(self, exception):
        return f"call the warehouse: {exception}"


class Root(luigi.WrapperTask):
    def requires(self):
        return [Good(), Bad()]
