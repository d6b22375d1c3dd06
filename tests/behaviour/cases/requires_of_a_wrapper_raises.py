"""A wrapper task whose requires() raises: so does its complete()."""

import luigi

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs nothing; exits with 0.",
    "reports": "Failed: complete() of the root raised, as it asks requires().",
    "state": "failed",
    "tasks": {"unknown": 1},
    "ran": [],
    "error": ["CompleteFailed", "LookupError: no such customer", "Root"],
}


class Root(luigi.WrapperTask):
    def requires(self):
        raise LookupError("no such customer")
