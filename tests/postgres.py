"""A real PostgreSQL server, in a folder of its own, on a free port of the loopback."""

import contextlib
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from polling import until

#: Where Debian puts what is not on the path.
_DEBIAN = Path("/usr/lib/postgresql")
_USER = "postgres"
#: It answers questions about files that its own user must reach: pytest's folders are root's alone.
_FOLDERS = Path("/tmp")


class Postgres:
    """A server that is running, whose user `postgres` is let in without a password; `end` ends it."""

    def __init__(self):
        self._bin = _programs()
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_FOLDERS))
        self._as_user = []
        if os.getuid() == 0:  # which it refuses to be
            os.chown(self.folder, pwd.getpwnam(_USER).pw_uid, -1)
            self._as_user = [f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"]
        self.data = self.folder / "data"
        self.port = _free_port()
        self._numbers = itertools.count()
        initdb = ["initdb", "-D", str(self.data), "-U", _USER, "-A", "trust", "--no-sync", "-E", "UTF8"]
        subprocess.run(self._command(*initdb, "--locale=C.UTF-8"), check=True, stdout=subprocess.DEVNULL)
        options = {"listen_addresses": "127.0.0.1", "fsync": "off", "unix_socket_directories": self.folder}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = self._command("postgres", "-D", str(self.data), "-p", str(self.port), *settings)
        self.log = self.folder / "log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def url(self, database, user=_USER, password=""):
        """The URL of a database, for SQLAlchemy and for psycopg."""
        return f"postgresql://{user}{password and f':{password}'}@127.0.0.1:{self.port}/{database}"

    def ready(self):
        """Wait until it answers; gives itself."""
        until(self._answers, "an answer of PostgreSQL")
        return self

    @contextlib.contextmanager
    def database(self):
        """The URL of a new database, which is dropped at the end, whoever is still at it."""
        name = f"test{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def run(self, statement):
        """Run one statement outside of any transaction; gives its rows."""
        import psycopg  # noqa: PLC0415 (where it is missing, other tests go on)

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def end(self):
        """End it, with all its processes, and remove its folder."""
        self._process.send_signal(3)  # SIGQUIT: at once
        self._process.wait(30)
        shutil.rmtree(self.folder)

    def _answers(self):
        assert self._process.poll() is None, f"PostgreSQL has ended: {self.log.read_text()}"
        command = [self._bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command).returncode == 0

    def _command(self, program, *arguments):
        """It ends with us, however we end."""
        return ["setpriv", "--pdeathsig=QUIT", *self._as_user, str(self._bin / program), *arguments]


def _programs():
    found = [*sorted(_DEBIAN.glob("*/bin")), *(Path(at).resolve().parent for at in [shutil.which("postgres")] if at)]
    if not found:
        assert os.environ.get("CI") != "true", "PostgreSQL is missing: run scripts/system"
        pytest.skip("PostgreSQL is missing: scripts/system installs it")
    return found[0]


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
