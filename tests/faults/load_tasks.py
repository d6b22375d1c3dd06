"""The load of the fault tests: stock tasks that write down for themselves what they did, by single appending writes.

Below `root`: `ledger` (`start|end|half <task id> <pid> <seconds since the epoch> <alone|beside|-> <leader>`; the
leader is that of the attempt's processes), `printed` (each line whose print has returned), `targets/`, and `locks/`, by
which the kernel says whether two executions overlap.
"""

import fcntl
import os
import time
from pathlib import Path

import luigi

from targets import AtomicLocalTarget

FIRST_HALF, SECOND_HALF = "the first half of {}\n", "the second half of {}\n"


def append(path, line):
    """One line in one write."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


class Piece(luigi.Task):
    """Prints, waits for the gate where it has one, prints again, and writes its target in two halves."""

    root = luigi.Parameter(description="folder of everything")
    name = luigi.Parameter(description="makes each one fresh")
    gate = luigi.Parameter(default="", description="file below root that has to exist before the target is written")
    lines = luigi.IntParameter(default=4, significant=False, description="how many are printed each time")
    pause_s = luigi.FloatParameter(default=0.005, significant=False, description="seconds after each line")
    #: A task process that is killed is a failure in luigi's eyes: there is another try.
    retry_count = 8

    def output(self):
        """`targets/<name>`."""
        return AtomicLocalTarget(f"{self.root}/targets/{self.name}")

    def run(self):
        """Everything between a start and an end in the ledger."""
        lock = os.open(f"{self.root}/locks/{self.task_id}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._note("start", self._beside(lock))
            self._check_inputs()
            self._print()
            self._pass_the_gate()
            self._print()
            self._write()
            self._note("end", "-")
        finally:
            os.close(lock)

    def _beside(self, lock):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return "beside"
        return "alone"

    def _note(self, word, how):
        append(f"{self.root}/ledger", f"{word} {self.task_id} {os.getpid()} {time.time():.6f} {how} {os.getsid(0)}")

    def _check_inputs(self):
        for target in luigi.task.flatten(self.input()):
            name = Path(target.path).name
            if Path(target.path).read_text() != FIRST_HALF.format(name) + SECOND_HALF.format(name):
                self._note("half", name)

    def _print(self):
        for number in range(self.lines):
            line = f"{self.task_id} {os.getpid()} {time.monotonic_ns()} {number}"
            print(line)
            append(f"{self.root}/printed", line)
            time.sleep(self.pause_s)

    def _pass_the_gate(self):
        while self.gate and not Path(f"{self.root}/{self.gate}").exists():
            time.sleep(0.005)

    def _write(self):
        with self.output().open("w") as file:
            file.write(FIRST_HALF.format(self.name))
            file.flush()
            time.sleep(self.pause_s)
            file.write(SECOND_HALF.format(self.name))


class Join(Piece):
    """Needs pieces of its own, and one that it may share with other runs."""

    shared = luigi.Parameter(description="name of the shared piece")
    pieces = luigi.IntParameter(default=2, description="how many are its own")

    def requires(self):
        """The shared one first."""
        own = [Piece(root=self.root, name=f"{self.name}-{number}") for number in range(self.pieces)]
        return [Piece(root=self.root, name=self.shared, gate=self.gate), *own]


class Endless(Piece):
    """Prints until its gate opens; one without a gate, until it is killed or cancelled."""

    def _pass_the_gate(self):
        while not (self.gate and Path(f"{self.root}/{self.gate}").exists()):
            self._print()


class Happening(Piece):
    """Runs whenever it is asked, whatever there is: who asks for it twice has it twice in the ledger."""

    def complete(self):
        """Never."""
        return False


class Leading(Happening):
    """Names what is to follow its success."""

    then = luigi.Parameter(description="name of what follows")


class Doomed(Happening):
    """Fails, after its end in the ledger."""

    retry_count = 0

    def _write(self):
        """Nothing."""

    def run(self):
        """As any other one, and then it raises."""
        super().run()
        raise ValueError(f"{self.name} was never to be")


class Fragile(Piece):
    """Fails for good the first time it fails."""

    retry_count = 0
