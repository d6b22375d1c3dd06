"""Where raw output lies: in memory, found again by whoever comes next, and removed when nobody needs it."""

import fcntl
import os
import stat

import pytest

from trigger_service.domain.spec import RunFolder
from trigger_service.runner import linux
from trigger_service.runner.spool import ABANDONED_S, YOUNG_S, Private, Spool, make_spool, remove_orphans, remove_spool


@pytest.fixture
def spool(tmp_path):
    path = tmp_path / "spool"
    yield path
    if path.exists():
        remove_spool(path)


def in_the_future(folder):
    return folder.lstat().st_ctime + YOUNG_S + 1


def test_raw_output_is_on_no_disk_and_for_its_owner_only(spool):
    assert make_spool(spool) is False

    assert linux.is_in_memory(spool)
    assert stat.S_IMODE(spool.stat().st_mode) == 0o700
    assert (spool / ".run").readlink() == spool.parent


def test_who_comes_second_finds_the_same_folder(spool):
    make_spool(spool)
    Spool(spool).publish({"password": ["sesame"]})

    assert make_spool(spool) is False

    private = Private(spool)
    assert private.read()
    assert private.mask.text("open sesame") == "open ***"


def test_it_is_removed_whole(spool):
    make_spool(spool)
    memory = spool.readlink()
    (memory / "1-1.out").write_text("sesame")

    remove_spool(spool)

    assert not spool.is_symlink()
    assert not memory.exists()


def test_after_a_restart_of_the_machine_a_new_one_is_made_and_the_loss_is_told(spool):
    make_spool(spool)
    memory = spool.readlink()
    (memory / ".run").unlink()
    memory.rmdir()

    assert make_spool(spool) is True

    assert spool.is_dir()
    assert make_spool(spool) is False


def test_folders_of_runs_that_were_deleted_are_removed_and_others_kept(spool, tmp_path):
    make_spool(spool)
    lost = tmp_path / "lost" / "spool"
    lost.parent.mkdir()
    make_spool(lost)
    orphan = lost.readlink()
    lost.unlink()

    remove_orphans(orphan.lstat().st_ctime)
    assert orphan.exists(), "it may be being made"
    remove_orphans(in_the_future(orphan))

    assert not orphan.exists()
    assert spool.is_dir()


@pytest.fixture
def abandoned(tmp_path):
    """A spool, and its run folder, for which nobody has come until `later`."""
    run, folder = RunFolder(tmp_path / "run"), tmp_path / "memory" / "luigi-trigger-1"
    folder.mkdir(parents=True)
    run.path.mkdir()
    run.spool.symlink_to(folder)
    (folder / ".run").symlink_to(run.path)
    (folder / "1-1.out").touch()
    later = folder.lstat().st_mtime + ABANDONED_S + 60
    return run, folder, later


def test_what_nobody_has_come_for_in_a_week_is_removed(abandoned):
    _, folder, later = abandoned

    remove_orphans(later - 120, folder.parent)
    assert folder.exists()
    remove_orphans(later, folder.parent)

    assert not folder.exists()


@pytest.mark.parametrize("lock", ["alive.lock", "pump.lock"])
def test_what_a_process_is_at_is_never_removed(abandoned, lock):
    run, folder, later = abandoned

    with (run.path / lock).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        remove_orphans(later, folder.parent)

    assert folder.exists()


def test_what_was_written_to_lately_is_kept(abandoned):
    _, folder, later = abandoned
    os.utime(folder / "1-1.out", (later, later))

    remove_orphans(later, folder.parent)

    assert folder.exists()


def test_the_room_of_what_is_in_the_log_is_given_back(spool):
    make_spool(spool)
    file = spool / "1-1.out"
    file.write_bytes(b"x" * (4 << 20) + b"tail")
    before = os.statvfs(spool).f_bfree, file.stat().st_blocks

    linux.give_back(file, 4 << 20)

    assert file.stat().st_blocks < before[1] // 100
    assert file.stat().st_size == (4 << 20) + 4
    assert file.read_bytes()[-4:] == b"tail"
