"""luigi.contrib.external_program."""

import luigi
from luigi.contrib.external_program import ExternalProgramTask

from cases.ledger import place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs the program; its output is logged when it fails.",
    "reports": "Failed with the program's status; its output is in the log.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": [],
    "log": {"Root": ["something is missing"]},
    "error": ["TaskFailed", "Program failed with return code=3", "Root"],
    "same_output": False,
}


class Root(ExternalProgramTask):
    capture_output = True

    def program_args(self):
        return ["sh", "-c", "echo all is well; echo something is missing >&2; exit 3"]

    def output(self):
        return place(self)
