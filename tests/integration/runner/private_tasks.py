"""Tasks with private and hidden parameters, for the tests of the child."""

import hashlib
import logging
import os
import sys
from pathlib import Path

import luigi
from luigi.parameter import ParameterVisibility
from sample_tasks import Ledgered

PRIVATE = {"visibility": ParameterVisibility.PRIVATE}
HIDDEN = {"visibility": ParameterVisibility.HIDDEN}
log = logging.getLogger("private")

if "SAID_AT_IMPORT" in os.environ:
    print("imported", "by-default-9")


def digest(value):
    """What may be written down of a value, so that a test can see that it was there."""
    return hashlib.sha256(value.encode()).hexdigest()[:8]


class Secretive(Ledgered):
    """Gives its password away in every way it can."""

    password = luigi.Parameter(visibility=luigi.parameter.ParameterVisibility.PRIVATE)

    def work(self):
        print(f"printed {self.password}")
        log.warning("logged %s", self.password)
        self.set_status_message(f"told {self.password}")
        raise RuntimeError(f"raised {self.password}")


class Sends(Ledgered):
    """Has no outputs; which token was sent stands in the ledger."""

    token = luigi.Parameter(**PRIVATE)

    def output(self):
        return []

    def run(self):
        self.note(f"sends-{digest(self.token)}")
        self.wait_for("gate")


class SendsAnyhow(Sends):
    """Luigi is told that the token makes no difference."""

    token = luigi.Parameter(**PRIVATE, significant=False)


class AllPrivatelyBatched(luigi.WrapperTask):
    root = luigi.Parameter()
    password = luigi.Parameter(**PRIVATE)
    token = luigi.Parameter(**HIDDEN)

    def requires(self):
        return [
            PrivatelyBatched(root=self.root, password=self.password, token=self.token, hint=f"hint-{n}", n=n)
            for n in range(3)
        ]


class PrivatelyBatched(luigi.Task):
    """Luigi joins these into one execution, also by a hidden parameter."""

    root = luigi.Parameter()
    n = luigi.IntParameter(batch_method=sum)
    hint = luigi.Parameter(**HIDDEN, batch_method=",".join)
    password = luigi.Parameter(**PRIVATE)
    token = luigi.Parameter(**HIDDEN)
    default = luigi.Parameter(**HIDDEN, default="by-default-9")

    def output(self):
        return luigi.LocalTarget(f"{self.root}/private{self.n}")

    def run(self):
        values = (self.password, self.token, self.default, self.hint)
        with open(f"{self.root}/ledger", "a") as file:
            file.write(f"batch {self.n} {' '.join(map(digest, values))}\n")
        for n in range(self.n + 1):
            Path(f"{self.root}/private{n}").touch()


class PassesOn(Ledgered):
    """Gives its password on in a public parameter, where Luigi makes it part of an id."""

    password = luigi.Parameter(**PRIVATE)

    def requires(self):
        return Takes(root=self.root, address=f"db://{self.password}@host")


class Takes(luigi.Task):
    address = luigi.Parameter()
    root = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget(f"{self.root}/taken")

    def run(self):
        print("taken")
        self.output().open("w").close()


class LongLines(Ledgered):
    """Prints a line that is longer than a record can be, with the password at each place where it could be cut."""

    password = luigi.Parameter(**PRIVATE)

    def work(self):
        for before in range(len(self.password) + 1):
            print("x" * ((1 << 20) - before) + self.password + "y" * 10)
            sys.stdout.flush()


class Stays(Ledgered):
    """Prints its password, unended and ended, and goes on until the test opens the gate."""

    password = luigi.Parameter(**PRIVATE)

    def work(self):
        print(f"ended {self.password}")
        sys.stdout.write(f"unended {self.password}")
        sys.stdout.flush()
        Path(self.root, "said").touch()
        self.wait_for("gate")
