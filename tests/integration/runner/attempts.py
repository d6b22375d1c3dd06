"""Real children and pumps on real run folders, and the luigid that they speak to."""

import json
import os
import signal
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

from trigger_service.domain import logs
from trigger_service.domain.events import read_batch
from trigger_service.domain.spec import RunFolder
from trigger_service.domain.tasks import apply
from trigger_service.runner.bridge import BRIDGE
from trigger_service.runner.spool import remove_spool

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@dataclass
class Attempt:
    """One attempt under test, with its child and its pump."""

    folder: RunFolder
    run_id: str
    environment: dict
    #: What runs child and pump: a command that stands before theirs.
    within: tuple = ()
    child: subprocess.Popen | None = None
    pump: subprocess.Popen | None = None

    def start(self, **secrets):
        """Start child and pump; `secrets` are given as a launcher gives them."""
        self.start_pump()
        spec = self.folder.read_spec()
        self.folder.write_spec(spec.evolve(private_digest=str(zlib.crc32(repr(secrets).encode())) if secrets else ""))
        reader, writer = os.pipe()
        with os.fdopen(writer, "w") as pipe:
            json.dump(secrets, pipe)
        options = ["--secrets-fd", str(reader), str(self.folder.path)]
        self.child = subprocess.Popen(
            [*self.within, sys.executable, BRIDGE, "trigger_service.runner.__main__", *options],
            env=self.environment,
            cwd=HERE,
            start_new_session=True,
            pass_fds=(reader,),
        )
        os.close(reader)
        return self

    def start_pump(self):
        command = [*self.within, sys.executable, "-m", "trigger_service.runner.pump", str(self.folder.path)]
        self.pump = subprocess.Popen(command, env=self.environment)

    def wait(self, timeout_s=30.0):
        """Wait for the child and its log; the exit report."""
        self.child.wait(timeout_s)
        report = self.folder.read_exit()
        if report is not None:
            self.pump.wait(timeout_s)
        return report

    def events(self):
        found = []
        for writer in self.folder.writers():
            path = self.folder.events_file(writer)
            if path.exists():
                found += [event for _, event in read_batch(path.read_bytes(), 0, 1, writer).events]
        return sorted(found, key=lambda event: event.time)

    def tasks(self):
        known = {}
        for event in self.events():
            if event.task is not None:
                known[event.task] = apply(known.get(event.task), event, self.run_id, 1)
        return known

    def log(self):
        if not self.folder.log_file.exists():
            return []
        # what is being written at this moment has no end yet
        return [logs.decode(record) for record in self.folder.log_file.read_bytes().split(b"\n")[:-1]]

    def texts(self, family=None):
        return [line.text for line in self.log() if family is None or (line.task or "").startswith(f"{family}_")]

    def end(self):
        if self.child is not None and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
        if self.pump is not None and self.pump.poll() is None:
            self.pump.kill()
            self.pump.wait()
        if self.folder.spool.exists():
            remove_spool(self.folder.spool)
