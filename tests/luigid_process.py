"""The product's luigid as a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

from polling import until

ROOT = Path(__file__).parents[1]


class LuigidProcess:
    """It listens on a free port, and can be killed and started again at the same address."""

    def __init__(self, home):
        self._home = home
        self._port = 0
        self.url = ""

    def start(self):
        """Start it and wait until it listens."""
        info = self._home / "luigid.json"
        info.unlink(missing_ok=True)
        command = [sys.executable, "-m", "trigger_service.luigid", "--port", str(self._port), "--info", str(info)]
        command += ["--address", "127.0.0.1", "--state-dir", str(self._home / "luigid")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, env=environment, cwd=self._home, stderr=subprocess.DEVNULL)
        until(info.exists, "luigid listens")
        told = json.loads(info.read_text())
        self._port, self.url = told["port"], told["url"]
        return self

    def kill(self):
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()
