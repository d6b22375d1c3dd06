"""External data that is not there."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs what does not need it, exits with 0.",
    "reports": "Failed: the missing data is named; what did not need it is done.",
    "state": "failed",
    "tasks": {"pending": 2, "done": 1},
    "ran": ["Other"],
    "error": ["MissingExternal", "external data is missing: external_missing/Data does not exist (yet?)", "Data"],
    "details": {"Data": {"explanation": "external data that does not exist"}},
    "plain_face": ":|",
}


class Data(luigi.ExternalTask):
    def output(self):
        return place(self)


class Other(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        write(self)


class Root(Other):
    def requires(self):
        return {"data": Data(), "other": Other()}
