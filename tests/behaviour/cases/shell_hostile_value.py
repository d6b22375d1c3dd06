"""A value full of what a shell would take amiss."""

import luigi

from cases.ledger import place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs it: there is no shell between.",
    "reports": "The same.",
    "parameters": {"text": '-- \'; rm -rf $HOME `id` "$(id)" %s {0} \\n * ~ | & > /dev/null #'},
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": [],
}


class Root(luigi.Task):
    text = luigi.Parameter()

    def output(self):
        return place(self, "out")

    def run(self):
        print(self.text)
        with self.output().open("w") as file:
            file.write(self.text)
