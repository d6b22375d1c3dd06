"""A running product in a folder of its own, and the means to look at it from outside."""

import contextlib
import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psutil

HERE = Path(__file__).parent
READY_S = 60.0


class Client:
    """One kept connection, by the standard library's client: little of what is measured is the client's own."""

    def __init__(self, url):
        self.url = url
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)

    def ask(self, method, path, body=None, **query):
        """The status and the JSON of an answer."""
        path = f"{path}?{urlencode(query)}" if query else path
        headers = {"Content-Type": "application/json"} if body is not None else {}
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")

    def post(self, pipeline, parameters, **more):
        """Trigger a run; gives its JSON."""
        status, run = self.ask("POST", "/api/v1/runs", {"pipeline": pipeline, "parameters": parameters, **more})
        if status != 202:
            raise RuntimeError(f"{status}: {run}")
        return run

    def get(self, path, **query):
        """Read something; gives its JSON."""
        status, answer = self.ask("GET", f"/api/v1{path}", **query)
        if status != 200:
            raise RuntimeError(f"{status}: {answer}")
        return answer

    def close(self):
        """Hang up."""
        self._connection.close()


class Stage:
    """`luigi-trigger up` on a project folder; free ports; ended by pid."""

    def __init__(self, folder, modules, search_path=HERE, sections=""):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        settings = f"[trigger_service]\nport = 0\nluigid_port = 0\nmodules = {modules}\n{sections}"
        (folder / "luigi.cfg").write_text(settings)
        self.environment = {**os.environ, "PYTHONPATH": str(search_path)}
        self.process = None
        self.client = None

    def __enter__(self):
        self.started_in_s = self.start()
        return self

    def __exit__(self, *failure):
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def start(self):
        """Start, and wait until it is ready; gives the seconds that this took."""
        began = time.perf_counter()
        command = [str(Path(sys.executable).with_name("luigi-trigger")), "up"]
        log = (self.folder / "up.log").open("ab")
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        told = self.folder / ".luigi-trigger" / "service.json"
        while not (told.exists() and self._is_ready(json.loads(told.read_text())["url"])):
            if self.process.poll() is not None or time.perf_counter() - began > READY_S:
                raise RuntimeError(f"not ready: {(self.folder / 'up.log').read_text()}")
            time.sleep(0.005)
        return time.perf_counter() - began

    def _is_ready(self, url):
        if self.client is None or self.client.url != url:
            self.client = Client(url)
        with contextlib.suppress(OSError):
            return self.client.ask("GET", "/readyz")[0] == 200
        self.client.close()
        return False

    @property
    def luigid_url(self):
        """Where its luigid listens."""
        return json.loads((self.folder / ".luigi-trigger" / "luigid.json").read_text())["url"]

    def post(self, pipeline, parameters, **more):
        """Trigger a run; gives its JSON."""
        return self.client.post(pipeline, parameters, **more)

    def get(self, path, **query):
        """Read something; gives its JSON."""
        return self.client.get(path, **query)

    def wait(self, run_id, timeout_s=300.0):
        """The run once it has ended."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            run = self.get(f"/runs/{run_id}")
            if run["state"] in ("succeeded", "failed", "cancelled"):
                return run
            time.sleep(0.01)
        raise RuntimeError(f"run {run_id} has not ended within {timeout_s} s")

    def cpu_s(self):
        """Seconds that everything that `up` has started has computed: what a busy machine does not change."""
        root = psutil.Process(self.process.pid)
        used = [process.cpu_times() for process in [root, *root.children(recursive=True)]]
        return sum(times.user + times.system for times in used)

    def memory(self):
        """PSS in MiB by process, of everything that `up` has started."""
        root = psutil.Process(self.process.pid)
        found = {}
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                name = " ".join(process.cmdline()[2:4])[:60] or process.name()
                found[f"{process.pid} {name}"] = process.memory_full_info().pss / (1 << 20)
        return found


class Bell:
    """What the measured tasks ring."""

    def __init__(self, name):
        self.name = name
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(b"\0" + name.encode())

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self._socket.close()

    def answer(self, name):
        """Let the task that waits under this name go on."""
        self._socket.sendto(b"go on", b"\0" + f"{self.name}-{name}".encode())

    def wait(self, word, timeout_s=60.0):
        """The moment (perf_counter) at which `word` was rung."""
        while select.select([self._socket], [], [], timeout_s)[0]:
            rung = self._socket.recv(4096).decode()
            now = time.perf_counter()
            if rung == word:
                return now
        raise RuntimeError(f"nobody rang {word!r}")
