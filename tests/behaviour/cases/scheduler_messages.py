"""A task that listens to messages from the visualiser."""

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Hands the message to the running task.",
    "reports": "The same; the message goes to the product's luigid.",
    "workers": 2,
    "when": [["Root listens", "tell hello"]],
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root listens", "Root was told hello"],
}


class Root(luigi.Task):
    accepts_messages = True

    def output(self):
        return place(self)

    def run(self):
        note(self, "listens")
        message = self.scheduler_messages.get(timeout=15)
        note(self, f"was told {message.content}")
        message.respond("heard")
        with self.output().open("w") as file:
            file.write(message.content)
