"""Faults of the home folder, of the machine and of what a killed service has left: each is planted, and found."""

import json
import os
import resource
import socket
import sqlite3
import time

import pytest
from patients import Found

from trigger_service.cli.checks.home import check_home
from trigger_service.cli.checks.machine import check_machine, check_versions
from trigger_service.cli.checks.service import check_announcement, check_clock, check_service, check_token
from trigger_service.store import tokens
from trigger_service.store.schema import HEAD, open_database


@pytest.fixture
def home(patient):
    """Gives what is wrong with the home folder."""
    return lambda now=None, mounts="": Found(check_home(patient.home, now or time.time(), mounts))


@pytest.fixture
def database(patient):
    """The database of a service that has ended."""
    patient.home.mkdir(mode=0o700)
    open_database(patient.home / "database.sqlite3").close()
    return patient.home / "database.sqlite3"


def test_a_home_that_is_well_has_no_findings(home, database):
    assert home().findings == []


def test_a_home_that_cannot_be_made(patient, home):
    patient.home.symlink_to(patient.write("a-file", ""))

    home().one("home-unwritable", "Not a directory", "name another folder")


def test_a_home_that_others_can_change(patient, home):
    patient.home.mkdir()
    patient.home.chmod(0o777)

    home().one("home-open", "mode 0777", f"chmod 700 {patient.home}")


def test_a_disk_that_is_nearly_full(patient, home, disk):
    disk(patient.home, 8)

    home().one("disk-space", "MiB are free", "Make room")


def test_a_home_on_another_machine(patient, home):
    mounts = f"/dev/vda / ext4 rw 0 0\nserver:/home {patient.folder} nfs4 rw 0 0\n"

    home(mounts=mounts).one("home-remote", "nfs4", "a disk of this machine")


def test_a_file_system_with_another_time(home):
    home(now=time.time() - 3600).one("clock-file-system", "+3600 s", "Synchronise")


def test_a_key_that_others_can_read(patient, home, database):
    (patient.home / "secrets.key").write_bytes(b"A" * 43 + b"=")
    (patient.home / "secrets.key").chmod(0o644)

    home().one("key-open", "mode 0644", "chmod 600")


def test_a_key_that_is_none(patient, home, database):
    (patient.home / "secrets.key").write_text("oops")
    (patient.home / "secrets.key").chmod(0o600)

    home().one("key-broken", "is no key", "Put the right file back")


def test_a_database_that_is_damaged(home, database):
    whole = database.read_bytes()
    database.write_bytes(whole[:4096] + b"\xff" * 8192 + whole[12288:])

    home().one("database-broken", "", "Restore it from a backup")


def test_a_database_that_is_none(home, database):
    database.write_text("not a database, but long enough to be read as one" * 100)

    home().one("database-broken", "cannot be read", "Restore it from a backup")


def test_a_database_of_a_newer_version(home, database):
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    home().one("database-too-new", f"version 9999, this luigi-trigger knows {HEAD}", "Install the newer")


def test_a_memory_that_is_full(patient, tmp_path, disk):
    memory = tmp_path / "shm"
    disk(memory, 4)

    found = Found(check_machine(patient.settings(), memory, is_up=True))

    found.one("shared-memory", "are free", "remount")


def test_a_memory_that_is_not_there(patient, tmp_path):
    found = Found(check_machine(patient.settings(), tmp_path / "gone", is_up=True))

    found.one("shared-memory", "cannot be written to", "mount -t tmpfs")


@pytest.mark.parametrize(
    ("scope", "settings", "codes"),
    [
        (None, "require_token = true", ["token-missing"]),
        ("read", "host = 10.9.8.7", ["token-missing"]),
        ("run", "require_token = true", []),
        (None, "", []),
    ],
)
def test_a_token_that_is_needed_and_not_there(patient, database, scope, settings, codes):
    # Given
    patient.configure(settings)
    if scope:
        opened = open_database(database)
        with opened.write() as connection:
            tokens.insert(connection, name="ci", scope=scope, digest="d", now=1.0, expires_at=None)
        opened.close()
    # When
    found = Found(check_token(patient.settings(), 2.0))
    # Then
    assert found.codes == codes
    if codes:
        found.one("token-missing", "requests need a token", "luigi-trigger tokens create")


def test_a_limit_of_open_files_that_is_too_low(patient, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    try:
        found = Found(check_machine(patient.settings(), tmp_path, is_up=True))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    found.one("descriptor-limit", "may have 512 open files", "ulimit -n")


def test_a_port_that_somebody_holds(patient, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        file = patient.configure()
        file.write_text(file.read_text().replace("\nport = 0", f"\nport = {port}"))
        found = Found(check_machine(patient.settings(), tmp_path, is_up=False))
        while_up = Found(check_machine(patient.settings(), tmp_path, is_up=True))

    found.one("port-busy", f"held by pid {os.getpid()}", "set port to another port")
    assert while_up.findings == []


def test_versions_that_luigi_cannot_do_with():
    found = Found(check_versions((3, 14), {"luigi": "3.9.0", "tornado": "7.0", "python-dateutil": "2.9.0"}))

    assert found.codes == ["python-version", "library-version", "library-version"]
    assert "pip install 'tornado<7'" in found.findings[2].mend


def test_a_service_file_of_a_service_that_was_killed(patient, gone):
    patient.announce("http://127.0.0.1:1", gone)

    Found(check_announcement(patient.home)).one("service-file", f"(pid {gone}) was killed", "luigi-trigger up")


def test_a_service_file_whose_pid_is_another_program(patient):
    patient.announce("http://127.0.0.1:1", 1)

    Found(check_announcement(patient.home)).one("service-file", "is another program now", "Delete it")


def test_a_service_file_that_is_none(patient):
    patient.home.mkdir()
    (patient.home / "service.json").write_text("{")

    Found(check_announcement(patient.home)).one("service-file", "cannot be read", "Delete it")


def test_a_luigid_with_another_time(answering):
    now = float(int(time.time()))  # as the header tells it

    Found(check_clock(answering(now + 7200), now)).one("clock-luigid", "+7200 s", "NTP")
    assert Found(check_clock(answering(now), now)).findings == []


def test_a_service_that_is_not_ready(patient, answering):
    checks = {"luigid": {"ok": False, "reason": "connection refused"}, "zygote": {"ok": True, "reason": ""}}
    document = {"ready": False, "checks": checks, "places": {}}
    url = answering(time.time(), json.dumps(document).encode())
    patient.announce(url, os.getpid())
    os.utime(patient.folder / "luigi.cfg", (1, 1))

    found = Found(check_service(url, patient.home, patient.folder / "luigi.cfg"))

    found.one("not-ready", "luigid is not ready: connection refused", "starts it again")
    assert found.codes == ["not-ready"]


@pytest.mark.parametrize(("ready", "codes"), [(True, []), (False, ["not-ready"])])
def test_a_service_that_says_more_only_to_who_shows_a_token(patient, answering, ready, codes):
    url = answering(time.time(), json.dumps({"ready": ready}).encode())
    patient.announce(url, os.getpid())
    os.utime(patient.folder / "luigi.cfg", (1, 1))

    assert Found(check_service(url, patient.home, patient.folder / "luigi.cfg")).codes == codes


def test_a_service_that_does_not_answer(patient):
    found = Found(check_service("http://127.0.0.1:1", patient.home, patient.folder / "luigi.cfg"))

    found.one("service-silent", "does not answer", "service.log")


def test_a_configuration_that_is_newer_than_the_service(patient, answering):
    url = answering(time.time(), b'{"ready": true, "checks": {}, "places": {}}')
    patient.announce(url, os.getpid())
    os.utime(patient.home / "service.json", (1, 1))

    found = Found(check_service(url, patient.home, patient.folder / "luigi.cfg"))

    assert found.one("config-newer", "was changed after", "start it again").severity == "warning"
