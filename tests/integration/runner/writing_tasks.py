"""Tasks that write with targets of ours and with stock ones."""

from __future__ import annotations

from pathlib import Path

import luigi

from targets import open_target


class Source(luigi.ExternalTask):
    root = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget(str(Path(self.root) / "source"))


class Stock(luigi.Task):
    """Writes by stock luigi."""

    root = luigi.Parameter()

    def requires(self):
        return Source(root=self.root)

    def output(self):
        return luigi.LocalTarget(str(Path(self.root) / "stock"))

    def run(self):
        with self.output().open("w") as file:
            file.write("stock\n")


class Ours(luigi.Task):
    """Reads the stock one, writes one of ours, and an extra one that it does not declare; waits in between if told."""

    root = luigi.Parameter()
    password = luigi.Parameter("x", visibility=luigi.parameter.ParameterVisibility.PRIVATE)
    dies = luigi.BoolParameter()

    def requires(self):
        return Stock(root=self.root)

    def output(self):
        return open_target(Path(self.root) / "ours")

    def run(self):
        with open_target(Path(self.root) / f"extra-{self.password}").open("w") as file:
            file.write("extra\n")
        with open_target(self.input().path).open("r") as source, self.output().open("w") as file:
            file.write(source.read())
        if self.dies:
            import os  # noqa: PLC0415
            import signal  # noqa: PLC0415

            os.kill(os.getpid(), signal.SIGKILL)


class Broken(luigi.Task):
    """Leaves its stock output behind, and fails."""

    root = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget(str(Path(self.root) / "broken"))

    def run(self):
        with self.output().open("w") as file:
            file.write("half\n")
        raise ValueError("half")
