"""A folder as output."""

from pathlib import Path

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Is content once the folder is there.",
    "reports": "The same.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root"],
    "then": [{"tasks": {"complete": 1}, "ran": []}],
}


class Root(luigi.Task):
    def output(self):
        return place(self, "folder")

    def run(self):
        note(self)
        with self.output().temporary_path() as path:
            Path(path).mkdir()
            (Path(path) / "part-0").write_text("first")
            (Path(path) / "part-1").write_text("second")
