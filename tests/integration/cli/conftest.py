import contextlib
import os
import pty
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

# the service that these tests talk to is the one of the web tests
sys.path.insert(0, str(Path(__file__).parents[1] / "web"))

from calls import Terminal, command
from served import service

from trigger_service.cli import main


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A running service, which the commands of the test find by themselves."""
    with service(tmp_path / "home") as running:
        monkeypatch.setenv("LUIGI_TRIGGER_URL", running.url)
        yield running


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str


@pytest.fixture
def luigi_trigger(capsys):
    """Runs a command in this process, its output going to no terminal."""

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        captured = capsys.readouterr()
        return Said(int(ended.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def on_terminal():
    """Runs a command on a pseudo terminal."""
    with contextlib.ExitStack() as stack:

        def call(*arguments, **env):
            ours, theirs = pty.openpty()
            stack.callback(os.close, ours)
            env = {"TERM": "xterm-256color", "COLUMNS": "120", **env}
            process = stack.enter_context(
                command(*arguments, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
            )
            os.close(theirs)
            return Terminal(ours, process)

        yield call
