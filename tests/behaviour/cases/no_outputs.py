"""A task without outputs: nothing can vouch for it."""

import luigi

from cases.ledger import note

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Says :), runs it each time, but not within the ten seconds of [scheduler] stable_done_cooldown_secs.",
    "reports": "Succeeded, not verified; it runs each time.",
    "state": "succeeded",
    "verified": False,
    "tasks": {"done": 1},
    "ran": ["Root"],
    "then": [{"plain_ran": [], "plain_face": ":|"}],
}


class Root(luigi.Task):
    def run(self):
        note(self)
