"""An error raised from another, and a recursion without end."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Logs both tracebacks.",
    "reports": "The message is of the last, the traceback of both.",
    "state": "failed",
    "tasks": {"failed": 2, "pending": 1},
    "ran": ["Chain", "Deep"],
    "error": ["TaskFailed", "RuntimeError: cannot load prices", "Chain"],
    "details": {
        "Chain": {"explanation": "KeyError: 'EUR'"},
        "Deep": {"explanation": "RecursionError: maximum recursion depth exceeded"},
    },
}


class Chain(luigi.Task):
    priority = 2

    def output(self):
        return place(self)

    def run(self):
        note(self)
        try:
            {}["EUR"]
        except KeyError as error:
            raise RuntimeError("cannot load prices") from error


class Deep(Chain):
    priority = 1

    def run(self):
        note(self)
        self.again()

    def again(self):
        self.again()


class Root(luigi.WrapperTask):
    def requires(self):
        return [Chain(), Deep()]
