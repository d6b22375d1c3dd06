"""Runs on machines whose /dev/shm is not what it should be: in a mount namespace of their own, where it is another."""

import os
import subprocess

import pytest
from attempts import HERE

PASSWORD = "tr0ub4dor&3"
SMALL = "mount -t tmpfs -o size=64k none /dev/shm"
TIGHT = "mount -t tmpfs -o size=24m none /dev/shm"
ON_A_DISK = "mkdir disk && mount --bind disk /dev/shm"
FULL = f"{TIGHT} && fallocate -l 24M /dev/shm/full"
READ_ONLY = "mount -t tmpfs -o ro none /dev/shm"
MISSING = """
mkdir dev && mount -t tmpfs none dev
for name in null zero full random urandom; do touch dev/$name && mount --bind /dev/$name dev/$name; done
mount --rbind dev /dev
"""


@pytest.fixture
def within(tmp_path):
    """Gives the command that runs others where a script has changed what is mounted; skips where it may not."""
    holders = []

    def enter(script):
        script = f"set -e\n{script}\necho ready\nexec cat"
        holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
        )
        holders.append(holder)
        if holder.stdout.readline() != b"ready\n":
            reason = f"nothing can be mounted here: {holder.stderr.read().decode().strip()}"
            assert os.environ.get("CI") != "true", reason
            pytest.skip(reason)
        return ("nsenter", f"--mount=/proc/{holder.pid}/ns/mnt", f"--wd={HERE}")

    yield enter
    for holder in holders:
        holder.communicate()


@pytest.mark.parametrize("script", [SMALL, ON_A_DISK], ids=["small", "on a disk"])
def test_without_room_in_memory_output_goes_through_the_run_folder(attempt, within, script):
    run = attempt("Prints", count=1000)
    run.within = within(script)

    assert run.start().wait().outcome == "succeeded"

    assert run.texts("Prints") == [f"line {n}" for n in range(1000)]
    assert not run.folder.spool.exists()


@pytest.mark.parametrize("script", [SMALL, ON_A_DISK], ids=["small", "on a disk"])
def test_without_room_in_memory_a_run_with_private_values_is_refused(attempt, within, script):
    run = attempt("Secretive", module="private_tasks")
    run.within = within(script)

    error = run.start(password=PASSWORD).wait().error

    assert error.type == "NoMemoryForOutput"
    assert "password" in error.message
    assert "/dev/shm must be" in error.message
    files = [path for path in run.folder.path.rglob("*") if path.is_file()]
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []


def test_a_task_that_prints_more_than_there_is_room_for_in_memory_is_held_up_in_time(attempt, within):
    run = attempt("PrintsMuch", count=60)
    run.within = within(TIGHT)

    assert run.start().wait(60).outcome == "succeeded"

    assert [len(text) for text in run.texts("PrintsMuch")] == 60 * [1_000_000]


@pytest.mark.parametrize("script", [READ_ONLY, FULL, MISSING], ids=["read-only", "full", "missing"])
def test_where_luigi_cannot_work_the_run_says_what_is_missing(attempt, within, script):
    run = attempt("Says")
    run.within = within(script)

    error = run.start().wait().error

    assert error.type == "NoSharedMemory"
    assert "/dev/shm" in error.message
