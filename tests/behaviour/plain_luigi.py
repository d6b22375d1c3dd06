"""Plain `luigi` on the cases, against a luigid of Luigi's own."""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil
from polling import until

#: Seconds that the command has; it is killed after that.
PATIENCE_S = 60.0
#: Seconds after which a command that is expected never to end is believed.
FOR_EVER_S = 2.0


@dataclass(frozen=True)
class PlainResult:
    """How a command ended: exit status (None: it did not), the lines that its tasks printed, and what Luigi said."""

    exit: int | None
    printed: list[str]
    said: str

    @property
    def face(self):
        """The face at the end of the summary; None where there is no summary."""
        found = re.search(r"This progress looks (:\S+)", self.said)
        return found[1] if found else None


class PlainLuigi:
    """A folder with the cases, a stock luigid, and a process that forks `luigi` commands."""

    def __init__(self, folder):
        self.folder = folder
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LUIGI_")}
        luigid = "import sys; from luigi.cmdline import luigid; luigid(sys.argv[1:])"
        options = ["--port", "0", "--address", "127.0.0.1", "--state-path", str(folder.parent / "plain.pickle")]
        self._log = (folder.parent / "plain.log").open("wb")
        self._luigid = self._start(["-c", luigid, *options], environment)
        self._server = self._start([str(Path(__file__).with_name("plain_server.py"))], environment)
        self.port = until(lambda: _listening_port(self._luigid.pid), "stock luigid listens")

    def _start(self, arguments, environment):
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    def begin(self, module, family, parameters, workers):
        """Start a command; `finish` waits for it."""
        options = [option(name, value) for name, value in parameters.items()]
        scheduler = [f"--scheduler-url=http://127.0.0.1:{self.port}", "--no-lock", f"--workers={workers}"]
        order = {"argv": ["--module", module, family, *options, *scheduler], "output": str(self.folder / "said")}
        self._server.stdin.write(json.dumps(order).encode() + b"\n")
        self._server.stdin.flush()
        self._pid = int(self._server.stdout.readline())

    def finish(self, ends):
        """How the command ended; one that does not end is killed, with all that it started."""
        ready, _, _ = select.select([self._server.stdout], [], [], PATIENCE_S if ends else FOR_EVER_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        status = int(self._server.stdout.readline())
        printed = (self.folder / "said.out").read_text(errors="backslashreplace").splitlines()
        said = (self.folder / "said.err").read_text(errors="backslashreplace")
        return PlainResult(status if ready else None, printed, said)

    def call(self, method, **arguments):
        """Ask luigid."""
        data = urllib.parse.urlencode({"data": json.dumps(arguments)}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/{method}", data, timeout=30) as answer:
            return json.load(answer)["response"]

    def end(self):
        """End all processes."""
        for process in (self._server, self._luigid):
            process.terminate()
            process.wait()
            process.stdin.close()
            process.stdout.close()
        self._log.close()


def option(name, value):
    """A parameter as it is given on the command line."""
    if value is True:
        return f"--{name.replace('_', '-')}"
    return f"--{name.replace('_', '-')}={value if isinstance(value, str) else json.dumps(value)}"


def _listening_port(pid):
    connections = psutil.Process(pid).net_connections(kind="tcp")
    return next((c.laddr.port for c in connections if c.status == psutil.CONN_LISTEN), None)
