"""Tasks for the tests of the child. Each appends to a ledger at the start and at the end of `run()`."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import luigi

log = logging.getLogger("sample")


class Ledgered(luigi.Task):
    """Writes `root/<name>` and keeps the ledger."""

    root = luigi.Parameter()
    name = luigi.Parameter(default="one")

    def output(self):
        return luigi.LocalTarget(f"{self.root}/{self.name}")

    def note(self, word):
        with open(f"{self.root}/ledger", "a") as file:
            file.write(f"{word} {self.task_family}({self.name}) {os.getpid()}\n")

    def run(self):
        self.note("start")
        self.work()
        with self.output().open("w") as file:
            file.write(self.name)
        self.note("end")

    def work(self):
        pass

    def wait_for(self, name):
        """An event that crosses processes: a file that the test makes."""
        while not Path(f"{self.root}/{name}").exists():
            time.sleep(0.005)


class Quick(Ledgered):
    pass


class Many(Ledgered):
    count = luigi.IntParameter()

    def requires(self):
        return [Quick(root=self.root, name=f"quick{n}") for n in range(self.count)]


class Gated(Ledgered):
    """Runs until the test opens the gate."""

    def work(self):
        Path(f"{self.root}/{self.name}.running").touch()
        self.wait_for(f"{self.name}.go")


class OnGated(Ledgered):
    """Needs a gated task, which several runs may share."""

    gate = luigi.Parameter(default="gate")

    def requires(self):
        return Gated(root=self.root, name=self.gate)


class OnOnGated(Ledgered):
    """Needs one that needs a gated task."""

    def requires(self):
        return OnGated(root=self.root, name="middle")


class GatedThenFails(Gated):
    """Fails for whoever runs it first, works afterwards."""

    def work(self):
        super().work()
        if not Path(f"{self.root}/failed-once").exists():
            Path(f"{self.root}/failed-once").touch()
            raise RuntimeError("the first time always fails")


class OnGatedThenFails(Ledgered):
    def requires(self):
        return GatedThenFails(root=self.root, name="gate")


class Fails(Ledgered):
    def work(self):
        raise ValueError("the price is wrong")


class OnGatedAndFails(Ledgered):
    def requires(self):
        return [Gated(root=self.root, name="gate"), Fails(root=self.root, name="broken")]


class Interleaves(Ledgered):
    """Prints, logs, writes by C and by a program of its own, in turns, and fails."""

    def work(self):
        print("1 print")
        logging.getLogger("sample").info("2 logging")
        subprocess.run(["echo", "3 program"], check=True)
        logging.getLogger("sample").info("4 logging")
        os.write(1, b"5 descriptor\n")
        raise ValueError("6 the error")


class OnFails(Ledgered):
    def requires(self):
        return Fails(root=self.root, name="broken")


class OnFailsAtFirst(Ledgered):
    """Can say only at first what it requires."""

    def requires(self):
        if "start Fails(" in Path(f"{self.root}/ledger").read_text():
            raise LookupError("the list is gone")
        return Fails(root=self.root, name="broken")


class Retried(Ledgered):
    """Works the third time."""

    retry_count = 3

    def work(self):
        tries = Path(f"{self.root}/ledger").read_text().count("start Retried")
        if tries < 3:
            raise RuntimeError(f"try {tries} fails")


class External(luigi.ExternalTask):
    root = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget(f"{self.root}/from-elsewhere")


class OnExternal(Ledgered):
    def requires(self):
        return External(root=self.root)


class Dynamic(Ledgered):
    def run(self):
        self.note("start")
        first = yield Quick(root=self.root, name="dynamic1")
        yield Quick(root=self.root, name=f"after-{Path(first.path).name}")
        with self.output().open("w") as file:
            file.write("dynamic")
        self.note("end")


class Lies(Ledgered):
    """Says that it is done, and has written nothing."""

    def run(self):
        self.note("start")


class NoOutput(luigi.Task):
    root = luigi.Parameter()

    def run(self):
        print("ran")


class LeavesWithZero(Ledgered):
    def work(self):
        os._exit(0)


class KillsItself(Ledgered):
    def work(self):
        print("last words", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


class IgnoresTermination(Ledgered):
    """Has one second, takes more, and does not listen."""

    seconds = luigi.IntParameter(default=10, significant=False)
    worker_timeout = 1

    def work(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            time.sleep(0.05)


class MissesTheInterrupt(Ledgered):
    """Sits in a system call that the interrupt does not end, because another thread was given the signal."""

    def work(self):
        reader, _ = os.pipe()
        main = Path(f"/proc/self/task/{threading.get_native_id()}/wchan")

        def interrupt():
            while "pipe" not in main.read_text():
                time.sleep(0.005)
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        os.read(reader, 1)


class StartsGrandchild(Ledgered):
    def work(self):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(f"{self.root}/grandchild").write_text(str(child.pid))
        Path(f"{self.root}/{self.name}.running").touch()
        child.wait()


class Says(Ledgered):
    """One line by every way there is."""

    def work(self):
        print(f"print {self.name}")
        print(f"error {self.name}", file=sys.stderr)
        log.info("logging %s", self.name)
        log.warning("warning %s", self.name)
        logging.getLogger("luigi-interface").info("interface %s", self.name)
        subprocess.run(["echo", f"subprocess {self.name}"], check=True)
        os.write(1, f"os.write {self.name}\n".encode())
        ctypes.CDLL(None).puts(f"puts {self.name}".encode())
        thread = threading.Thread(target=print, args=(f"thread {self.name}",))
        thread.start()
        thread.join()


class NamesItsLevels(Ledgered):
    """Calls a level by a coloured name, as many do for a terminal."""

    def work(self):
        logging.addLevelName(logging.ERROR, "\033[31mERROR\033[0m")
        log.error("in red", stack_info=True)


class SaysAll(Ledgered):
    def requires(self):
        return [Says(root=self.root, name=f"says{n}") for n in range(6)]


class LeavesTalker(Ledgered):
    """Leaves a process behind that speaks only after this task has ended."""

    def work(self):
        script = f"while [ ! -e {self.root}/talk ]; do sleep 0.01; done; echo from behind; touch {self.root}/talked"
        subprocess.Popen(["sh", "-c", script], start_new_session=True)


class AfterTalker(Ledgered):
    def requires(self):
        return LeavesTalker(root=self.root, name="talker")

    def work(self):
        Path(f"{self.root}/talk").touch()
        self.wait_for("talked")
        print("from the task after")


class HoldsTheLock(Ledgered):
    """C code prints 1 MB while it holds the GIL."""

    def work(self):
        libc = ctypes.PyDLL(None)
        line = b"y" * 1023 + b"\n"
        for _ in range(1024):
            libc.write(1, line, len(line))


class Prints(Ledgered):
    count = luigi.IntParameter()

    def work(self):
        for n in range(self.count):
            print(f"line {n}")


class PrintsMuch(Ledgered):
    """So many lines of a megabyte."""

    count = luigi.IntParameter()

    def work(self):
        for n in range(self.count):
            print(f"{n} ".ljust(1_000_000, "x"))


class PrintsAndStays(Ledgered):
    def work(self):
        print(900_000 * "x")
        self.wait_for("gate")


class PrintsUntilTold(Ledgered):
    def work(self):
        printed = 0
        while not Path(f"{self.root}/stop").exists():
            print(f"line {printed}")
            printed += 1
            time.sleep(0.0005)
        Path(f"{self.root}/printed").write_text(str(printed))


class PrintsOddities(Ledgered):
    def work(self):
        os.write(1, b"\xff\xfe broken\n")
        os.write(1, b"z" * (10 << 20) + b"\n")
        print('{"time":1,"level":"ERROR","stream":"luigi-interface","task":null,"pid":1,"text":"forged"}')
        print("===== Luigi Execution Summary =====\n\nThis progress looks :)")
        os.write(2, b"no newline at the end")


class TeesToStderr(Ledgered):
    def work(self):
        subprocess.run("seq 1 2000 | tee /dev/stderr >/dev/null", shell=True, check=True)


class Reports(Ledgered):
    def work(self):
        self.set_progress_percentage(40)
        self.set_progress_percentage(float("inf"))
        self.set_progress_percentage(float("nan"))
        self.set_status_message("half way")
        self.set_tracking_url("http://example.org/job/1")


class Batched(Ledgered):
    """Luigi joins these into one execution."""

    n = luigi.IntParameter(batch_method=max)
    name = luigi.Parameter(default="batch", significant=False)

    def output(self):
        return luigi.LocalTarget(f"{self.root}/batch{self.n}")

    def run(self):
        self.note("start")
        for n in range(self.n + 1):
            with luigi.LocalTarget(f"{self.root}/batch{n}").open("w") as file:
                file.write("x")
        self.note("end")


class AllBatched(luigi.WrapperTask):
    root = luigi.Parameter()

    def requires(self):
        return [Batched(root=self.root, n=n) for n in range(3)]


class GatedBatch(Ledgered):
    """Luigi joins these into one execution, which writes all their outputs once the test opens the gate."""

    n = luigi.Parameter(batch_method=",".join)
    name = luigi.Parameter(default="batch", significant=False)

    def output(self):
        return [luigi.LocalTarget(f"{self.root}/gated{n}") for n in self.n.split(",")]

    def run(self):
        self.note("start")
        Path(f"{self.root}/batch.running").touch()
        self.wait_for("batch.go")
        for target in self.output():
            with target.open("w") as file:
                file.write("x")


class RetriedBatch(GatedBatch):
    """Works the second time."""

    retry_count = 3

    def run(self):
        if "start RetriedBatch(" not in Path(f"{self.root}/ledger").read_text():
            self.note("start")
            raise RuntimeError("the first try fails")
        super().run()


class OnRetriedBatch(Ledgered):
    def requires(self):
        return [RetriedBatch(root=self.root, n=str(n)) for n in range(3)]


class GatedAfterBatch(Gated):
    def requires(self):
        return [GatedBatch(root=self.root, n=str(n)) for n in range(3)]


class SpeechlessError(Exception):
    def __str__(self):
        raise LookupError("no words")


class CannotBeMade(Ledgered):
    def __init__(self, *args, **kwargs):
        raise SpeechlessError
