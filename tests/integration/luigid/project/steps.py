"""A task for the tests of luigid: what it does is told by files beside its output, what it did stands in a ledger."""

import os
import time
from pathlib import Path

import luigi


class Step(luigi.Task):
    """Writes `<folder>/<name>`; holds while `<name>.hold` exists, fails while `<name>.fail` does."""

    folder = luigi.Parameter()
    name = luigi.Parameter()
    needs = luigi.ListParameter(default=())
    slots = luigi.DictParameter(default={})

    @property
    def resources(self):
        return dict(self.slots)

    def requires(self):
        return [Step(folder=self.folder, name=name) for name in self.needs]

    def output(self):
        return luigi.LocalTarget(str(self._path()))

    def run(self):
        self._note("start")
        while self._path(".hold").exists():
            time.sleep(0.01)
        if self._path(".exit").exists():
            os._exit(0)
        if self._path(".fail").exists():
            raise ValueError(f"{self.name} was told to fail")
        for name in self._path(".yields").read_text().split() if self._path(".yields").exists() else ():
            yield Step(folder=self.folder, name=name)
        self._path().write_text("done")
        self._note("end")

    def _path(self, suffix=""):
        return Path(self.folder, self.name + suffix)

    def _note(self, what):
        line = f"{self.name} {what} {os.getpid()}\n".encode()
        ledger = os.open(Path(self.folder, "ledger"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(ledger, line)
        os.close(ledger)
