"""A dynamic requirement that is external data, and missing."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Does not resume the task; exits with 0.",
    "reports": "Failed: the missing data is named.",
    "state": "failed",
    "tasks": {"pending": 2},
    "ran": ["Root"],
    "error": ["MissingExternal", "yields_what_is_external/Data does not exist", "Data"],
    "plain_face": ":|",
}


class Data(luigi.ExternalTask):
    def output(self):
        return place(self)


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        yield Data()
