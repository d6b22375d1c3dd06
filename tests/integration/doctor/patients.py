"""Projects in which faults are planted."""

import json
import os
import time

from trigger_service.cli.checks.configuration import read_configuration
from trigger_service.cli.checks.files import check_files
from trigger_service.cli.doctor import examine, told

TASK = '''
import luigi

class Fine(luigi.Task):
    """Does nothing."""
'''


class Patient:
    """A project folder in which faults are planted, and what is found there."""

    def __init__(self, folder):
        self.folder = folder
        self.home = folder / ".luigi-trigger"
        self.write("fine.py", TASK)
        self.configure()

    def write(self, name, text):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def configure(self, settings="", modules="fine"):
        """Write luigi.cfg; `settings` go on in the section [trigger_service]."""
        ports = "port = 0\nluigid_port = 0\n"
        return self.write("luigi.cfg", f"[trigger_service]\nmodules = {modules}\n{ports}{settings}\n")

    def settings(self):
        """Its settings, which can be read."""
        settings, findings = read_configuration(self.folder, {})
        assert not findings
        return settings

    def configuration(self, **variables):
        """What is wrong with its configuration."""
        return Found([*check_files(self.folder, variables), *read_configuration(self.folder, variables)[1]])

    def whole(self):
        """Everything that is wrong."""
        return Found(examine(self.folder, dict(os.environ), time.time))

    def announce(self, url, pid):
        self.home.mkdir(exist_ok=True)
        (self.home / "service.json").write_text(json.dumps({"url": url, "pid": pid}))


class Found:
    """Findings, by their code."""

    def __init__(self, findings):
        self.findings = list(findings)
        self.codes = [found.code for found in self.findings]

    def one(self, code, what, mend):
        """The only finding of this code, which tells these, whole."""
        (found,) = [found for found in self.findings if found.code == code]
        assert what in found.what
        assert mend in found.mend
        assert all((found.where, found.why, found.mend))
        assert found.mend in told(found, True).replace("\n        ", " ")
        return found
