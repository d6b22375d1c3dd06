"""The tasks that are measured. The module imports pyarrow too, as a data team's modules do."""

import datetime
import enum
import os
import socket
from pathlib import Path

import luigi
import pyarrow  # noqa: F401 (its import is part of what is measured)


def ring(bell, word):
    """Tell the measuring client, at once and without waiting."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.sendto(word.encode(), b"\0" + bell.encode())


class Rings(luigi.Task):
    """Rings at the first line of its code, and again when its output is complete."""

    root = luigi.Parameter(description="folder of the outputs")
    name = luigi.Parameter(description="makes each one fresh")
    bell = luigi.Parameter(description="abstract socket of the measuring client", significant=False)

    def output(self):
        """One small file."""
        return luigi.LocalTarget(f"{self.root}/{self.name}")

    def run(self):
        """Ring, write, ring."""
        ring(self.bell, f"first {self.name}")
        with self.output().open("w") as file:
            file.write(self.name)
        ring(self.bell, f"complete {self.name}")


class Lingers(luigi.Task):
    """Prints a line, rings, and waits for the client to answer; twice."""

    root = luigi.Parameter(description="folder of the outputs")
    name = luigi.Parameter(description="makes each one fresh")
    bell = luigi.Parameter(description="abstract socket of the measuring client", significant=False)

    def output(self):
        """One small file."""
        return luigi.LocalTarget(f"{self.root}/{self.name}")

    def run(self):
        """Print, ring, wait; print, ring, wait; write."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.bind(b"\0" + f"{self.bell}-{self.name}".encode())
            for which in ("first", "second"):
                print(f"{which} line of {self.name}")
                ring(self.bell, f"{which} line of {self.name}")
                line.recv(64)
        with self.output().open("w") as file:
            file.write(self.name)


class Size(enum.Enum):
    """A choice in a form."""

    small = 1
    large = 2


class Asked(luigi.Task):
    """A task with a parameter of each common kind: what is measured is how soon a request for it is judged."""

    name = luigi.Parameter(description="makes each one fresh")
    day = luigi.DateParameter()
    size = luigi.EnumParameter(enum=Size)
    count = luigi.IntParameter(default=1)
    share = luigi.FloatParameter(default=0.5)
    colour = luigi.ChoiceParameter(choices=["red", "green"], default="red")
    fields = luigi.ListParameter(default=[])
    tags = luigi.DictParameter(default={})
    every = luigi.TimeDeltaParameter(default=datetime.timedelta(hours=1))
    force = luigi.BoolParameter()


class Ledgered(luigi.Task):
    """Notes its start and its end in a ledger."""

    root = luigi.Parameter(description="folder of the outputs and of the ledger")
    name = luigi.Parameter(description="makes each one fresh")

    def output(self):
        """One small file."""
        return luigi.LocalTarget(f"{self.root}/{self.name}")

    def run(self):
        """Note the start, write, note the end."""
        self._note("start")
        with self.output().open("w") as file:
            file.write(self.name)
        self._note("end")

    def _note(self, word):
        line = f"{word} {self.name}\n".encode()
        ledger = os.open(Path(self.root) / "ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(ledger, line)
        os.close(ledger)


class Daily(luigi.Task):
    """A file of a day."""

    root = luigi.Parameter(description="folder of the outputs")
    day = luigi.DateParameter()

    def output(self):
        """One small file."""
        return luigi.LocalTarget(f"{self.root}/{self.day}")

    def run(self):
        """Write the day."""
        with self.output().open("w") as file:
            file.write(str(self.day))


class Small(luigi.Task):
    """A task that does next to nothing."""

    root = luigi.Parameter(description="folder of the outputs")
    number = luigi.IntParameter(description="which one")

    def output(self):
        """One small file."""
        return luigi.LocalTarget(f"{self.root}/{self.number}")

    def run(self):
        """Write."""
        with self.output().open("w") as file:
            file.write("x")


class ManySmall(luigi.WrapperTask):
    """`count` independent small tasks."""

    root = luigi.Parameter(description="folder of the outputs")
    count = luigi.IntParameter(description="how many")

    def requires(self):
        """All of them."""
        return [Small(root=self.root, number=number) for number in range(self.count)]


class Summed(luigi.Task):
    """Requires `count` small tasks; is never run."""

    root = luigi.Parameter(description="folder of the outputs")
    count = luigi.IntParameter(description="how many")

    def requires(self):
        """All of them."""
        return [Small(root=self.root, number=number) for number in range(self.count)]

    def output(self):
        """A file that is never there."""
        return luigi.LocalTarget(f"{self.root}/sum")
