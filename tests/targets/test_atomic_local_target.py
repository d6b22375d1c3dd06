"""A local target is there whole, or not at all."""

import errno
import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import luigi
import luigi.format
import pytest

import targets.staging
from targets.errors import NothingWritten, StorageFull
from targets.local import AtomicLocalTarget
from targets.staging import LOCK, PREFIX, sweep

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from targets.local import AtomicLocalTarget
writer = AtomicLocalTarget(sys.argv[1]).open("w")
writer.write("half")
writer.flush()
print("writing", flush=True)
sys.stdin.read()
"""
FORKER = """
import os, sys
from targets.errors import WriterLeftItsProcess
from targets.local import AtomicLocalTarget
file = AtomicLocalTarget(sys.argv[1]).open("w")
file.write("whole")
child = os.fork()
if child == 0:
    try:
        file.close()
    except WriterLeftItsProcess:
        file.abort()
        del file
        os._exit(7)
    os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
file.close()
"""


@pytest.fixture
def target(tmp_path):
    return AtomicLocalTarget(tmp_path / "folder" / "out.txt")


def leftovers(target):
    return [path.name for path in Path(target.path).parent.iterdir() if path.name != Path(target.path).name]


def text_of(target):
    with target.open("r") as file:
        return file.read()


def fail_and_close(target):
    file = target.open("w")
    try:
        file.write("half")
        raise LookupError
    finally:
        file.close()


def start_writer(target):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, target.path],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"writing\n"
    return process


def stop_writer(process):
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_what_is_written_is_there_after_the_block_and_nothing_beside_it(target):
    with target.open("w") as file:
        file.write("whole")
        assert not target.exists()
    assert text_of(target) == "whole"
    assert leftovers(target) == []


def test_a_temporary_target_goes_with_its_last_name_though_its_writer_is_known_still():
    target = AtomicLocalTarget(is_tmp=True)
    path, file = Path(target.path), target.open("w")
    file.write("whole")
    file.close()
    assert path.exists()
    del target
    assert not path.exists()


def test_close_outside_of_a_with_block_publishes(target):
    file = target.open("w")
    file.write("whole")
    file.close()
    file.close()
    assert text_of(target) == "whole"


def test_stock_luigi_publishes_half_a_file_when_it_is_closed_because_of_an_exception(tmp_path):
    stock = luigi.LocalTarget(tmp_path / "out.txt")
    with pytest.raises(LookupError):
        fail_and_close(stock)
    assert text_of(stock) == "half"


def test_close_because_of_an_exception_publishes_nothing(target, caplog):
    with pytest.raises(LookupError):
        fail_and_close(target)
    assert not target.exists()
    assert leftovers(target) == []
    assert "is not published: it was closed because of LookupError()" in caplog.text


def test_an_exception_in_the_block_publishes_nothing_and_keeps_what_was_there(target):
    with target.open("w") as file:
        file.write("before")
    with pytest.raises(LookupError), target.open("w") as file:
        file.write("half")
        raise LookupError
    assert text_of(target) == "before"
    assert leftovers(target) == []


def test_a_file_written_wholly_inside_an_exception_handler_is_published(target):
    try:
        raise LookupError
    except LookupError:
        file = target.open("w")
        file.write("the default")
        file.close()
    assert text_of(target) == "the default"


def test_close_after_a_handled_exception_publishes(target):
    file = target.open("w")
    try:
        raise LookupError
    except LookupError:
        file.write("said in the handler")
    file.close()
    assert text_of(target) == "said in the handler"


def test_a_writer_that_is_dropped_unclosed_publishes_nothing(target):
    target.open("w").write("half")
    gc.collect()
    assert not target.exists()
    assert leftovers(target) == []


def test_a_writer_that_is_aborted_publishes_nothing(target):
    file = target.open("w")
    file.write("half")
    file.abort()
    file.close()
    assert not target.exists()
    assert leftovers(target) == []


def test_a_generator_that_is_thrown_away_in_its_block_publishes_nothing(target):
    def run():
        with target.open("w") as file:
            file.write("half")
            yield

    generator = run()
    next(generator)
    generator.close()
    assert not target.exists()


@pytest.mark.parametrize("format", [luigi.format.Nop, luigi.format.Gzip], ids=["bytes", "gzip"])
def test_binary_formats_are_published_whole(tmp_path, format):
    target = AtomicLocalTarget(tmp_path / "out.bin", format=format)
    with target.open("w") as file:
        file.write(b"\x00whole")
    with target.open("r") as file:
        assert file.read() == b"\x00whole"
    with pytest.raises(LookupError), target.open("w") as file:
        file.write(b"half")
        raise LookupError
    with target.open("r") as file:
        assert file.read() == b"\x00whole"
    assert leftovers(target) == []


def test_a_killed_writer_leaves_nothing_visible_and_the_next_one_sweeps_what_it_left(target):
    stop_writer(start_writer(target))
    assert not target.exists()
    assert len(leftovers(target)) == 1
    with target.open("w") as file:
        file.write("whole")
    assert text_of(target) == "whole"
    assert leftovers(target) == []


def test_a_living_writer_is_never_swept_however_old_it_is(target):
    process = start_writer(target)
    try:
        folder = Path(target.path).parent
        assert sweep(folder, now=4e9) == []
        assert len(leftovers(target)) == 1
    finally:
        stop_writer(process)


def test_a_folder_of_another_boot_is_swept_only_when_it_is_old(tmp_path):
    folder = tmp_path / f"{PREFIX}00000000-1-abc"
    folder.mkdir()
    (folder / LOCK).touch()
    written = folder.stat().st_mtime
    assert sweep(tmp_path, now=written + 3600) == []
    assert sweep(tmp_path, now=written + 25 * 3600) == [folder]
    assert not folder.exists()


def test_a_folder_without_a_lock_may_be_in_the_making_and_is_swept_only_when_it_is_old(tmp_path):
    folder = tmp_path / f"{PREFIX}00000000-1-abc"
    folder.mkdir()
    written = folder.stat().st_mtime
    assert sweep(tmp_path, now=written + 3600) == []
    assert sweep(tmp_path, now=written + 25 * 3600) == [folder]


def test_a_forked_child_that_drops_the_writer_leaves_it_to_its_parent(target):
    subprocess.run([sys.executable, "-c", FORKER, target.path], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    assert text_of(target) == "whole"
    assert leftovers(target) == []


def test_a_full_disk_says_so_and_leaves_nothing(target, disk):
    disk(Path(target.path).parent, 1)
    with pytest.raises(StorageFull, match=r"No space is left for .*out\.txt \(\d+ MiB free"), target.open("w") as file:
        file.write("x" * 2_000_000)
    assert not target.exists()
    assert leftovers(target) == []


def test_a_full_disk_is_reported_again_by_close_if_the_task_ignored_it(target, disk):
    disk(Path(target.path).parent, 1)
    file = target.open("w")
    with pytest.raises(StorageFull):
        file.write("x" * 2_000_000)
    with pytest.raises(StorageFull):
        file.close()
    assert leftovers(target) == []


def test_a_disk_that_refuses_to_flush_publishes_nothing(target, monkeypatch):
    def refuse(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file = target.open("w")
    file.write("lost")
    monkeypatch.setattr(targets.staging.os, "fsync", refuse)
    with pytest.raises(StorageFull):
        file.close()
    assert not target.exists()
    assert leftovers(target) == []


def test_the_data_is_flushed_before_the_rename_and_the_folder_after_it(target, monkeypatch):
    with target.open("w") as file:
        file.write("first")
    seen = []
    real_fsync, real_replace = os.fsync, Path.replace
    monkeypatch.setattr(
        targets.staging.os, "fsync", lambda d: (seen.append(Path(f"/proc/self/fd/{d}").readlink()), real_fsync(d))
    )
    monkeypatch.setattr(Path, "replace", lambda a, b: (seen.append("rename"), real_replace(a, b)))
    with target.open("w") as file:
        file.write("second")
    assert [Path(entry).name for entry in seen] == ["out.txt", "rename", "folder"]


def test_another_program_writes_to_the_temporary_path(target):
    with target.temporary_path() as path:
        assert Path(path).name == "out.txt"
        subprocess.run(["cp", __file__, path], check=True)
        assert not target.exists()
    assert text_of(target) == Path(__file__).read_text(encoding="utf-8")
    assert leftovers(target) == []


def test_a_temporary_path_replaces_what_is_there(target):
    for text in ("first", "second"):
        with target.temporary_path() as path:
            Path(path).write_text(text, encoding="utf-8")
    assert text_of(target) == "second"


def test_a_temporary_path_may_become_a_folder(tmp_path):
    target = AtomicLocalTarget(tmp_path / "folder.zarr")
    with target.temporary_path() as path:
        Path(path, "inner").mkdir(parents=True)
        Path(path, "inner", "chunk").write_text("0", encoding="ascii")
    assert Path(target.path, "inner", "chunk").exists()


def test_an_exception_leaves_the_temporary_path_unpublished(target):
    with pytest.raises(LookupError), target.temporary_path() as path:
        Path(path).write_text("half", encoding="utf-8")
        raise LookupError
    assert not target.exists()
    assert leftovers(target) == []


def test_a_temporary_path_that_nothing_was_written_to_is_an_error(target):
    with pytest.raises(NothingWritten, match=r"out\.txt"), target.temporary_path():
        pass
    assert leftovers(target) == []


def test_a_copy_is_whole_and_may_refuse_to_replace(target, tmp_path):
    with target.open("w") as file:
        file.write("whole")
    copy = tmp_path / "elsewhere" / "copy.txt"
    target.copy(str(copy))
    assert copy.read_text(encoding="utf-8") == "whole"
    with pytest.raises(RuntimeError, match="Destination exists"):
        target.copy(str(copy), raise_if_exists=True)


def test_a_long_name_is_no_trouble(tmp_path):
    target = AtomicLocalTarget(tmp_path / ("x" * 255))
    with target.open("w") as file:
        file.write("whole")
    assert target.exists()
