"""Output of subprocesses, also when they fail."""

import subprocess

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Prints it among its own lines; the error has the command and its status.",
    "reports": "The lines are the task's, the error the same.",
    "state": "failed",
    "tasks": {"failed": 1},
    "ran": ["Root"],
    "log": {"Root": ["to standard output", "to standard error"]},
    "error": ["TaskFailed", "returned non-zero exit status 7", "Root"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        script = "echo to standard output; echo to standard error >&2; exit 7"
        subprocess.run(["sh", "-c", script], check=True)
