"""luigi.contrib.external_program, which looks for a tracking URL in the output of the program."""

import luigi
from luigi.contrib.external_program import ExternalProgramTask

from cases.ledger import place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Follows the program's output and finds the URL in it.",
    "reports": "The same; the URL stands with the task.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": [],
    "details": {"Root": {"tracking_url": "http://localhost/jobs/12"}},
    "same_output": False,
}


class Root(ExternalProgramTask):
    capture_output = True
    stream_for_searching_tracking_url = "stdout"
    tracking_url_pattern = r"follow it at (\S+)"

    def program_args(self):
        script = f"echo follow it at http://localhost/jobs/12; echo done > {self.output().path}"
        return ["sh", "-c", f"mkdir -p external_program_with_a_tracking_url; {script}"]

    def output(self):
        return place(self)
