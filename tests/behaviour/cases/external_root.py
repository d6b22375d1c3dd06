"""An external task as the root itself."""

import luigi

from cases.ledger import place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Says that its data is missing; exits with 0.",
    "reports": "Failed: external data is missing; succeeded once it is there.",
    "state": "failed",
    "tasks": {"pending": 1},
    "ran": [],
    "error": ["MissingExternal", "external_root/Root does not exist", "Root"],
    "plain_face": ":|",
    "then": [
        {
            "before": {"Root": "here"},
            "state": "succeeded",
            "tasks": {"complete": 1},
            "error": None,
            "plain_face": ":)",
        }
    ],
}


class Root(luigi.ExternalTask):
    def output(self):
        return place(self)
