"""A folder of files is there as a whole or not at all, wherever it is."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import luigi
import pytest
from luigi.scheduler import Scheduler
from luigi.worker import Worker

from targets import existing, open_target
from targets.errors import (
    BadFileName,
    BadManifest,
    ChangedWhileReading,
    FilesUnfinished,
    NoSuchFile,
    NotInTrash,
    PublishedMeanwhile,
    TargetExists,
    TargetMissing,
)
from targets.listing import list_files
from targets.provenance import WRITTEN

ROOT = Path(__file__).parents[2]
#: Replaces a folder again and again, each time with another text in all files, and says so.
PROGRAM = """
import sys
from targets import open_target
for number in range(1, 100_000):
    with open_target(sys.argv[1]).writing() as folder:
        for name in "abcdef":
            with folder.open(name) as file:
                file.write(str(number) * 100)
    print(number, flush=True)
"""


@pytest.fixture(params=["file", "memory", "s3"])
def url(request, tmp_path):
    if request.param == "s3":
        return f"{request.getfixturevalue('s3')}/deep/set/"
    return {"file": f"{tmp_path}/deep/set/", "memory": f"memory://{tmp_path.name}/set/"}[request.param]


def fill(url, **texts):
    with open_target(url).writing() as folder:
        for name, text in texts.items():
            with folder.open(f"{name}.txt") as file:
                file.write(text)
    return open_target(url)


def texts_of(folder):
    found = {}
    for entry in folder.files():
        with folder.open(entry.name) as file:
            found[entry.name] = file.read()
    return found


def test_a_folder_is_there_when_all_of_it_is(url, tmp_path):
    target = open_target(url)
    with target.writing() as folder:
        with folder.open("part-0.csv") as file:
            file.write("a,b\n")
        with folder.open("images/one.bin", format="bytes") as file:
            file.write(b"\x00\xff")
        (tmp_path / "notes.md").write_text("# Notes")
        folder.add(tmp_path / "notes.md")
        folder.add(tmp_path / "notes.md", "docs/read me.md")
        assert not target.exists()
        assert target.version() is None

    assert target.exists()
    assert [entry.name for entry in target.files()] == ["docs/read me.md", "images/one.bin", "notes.md", "part-0.csv"]
    assert target.files()[1].sha256 == hashlib.sha256(b"\x00\xff").hexdigest()
    assert target.size() == 7 + 2 + 7 + 4
    with target.open("images/one.bin", format="bytes") as file:
        assert file.read() == b"\x00\xff"
    with target.open("part-0.csv") as file:
        assert file.read() == "a,b\n"
    assert not target.verify()


def test_what_was_never_written_is_missing(url):
    target = open_target(url)

    assert (target.exists(), target.version(), target.size()) == (False, None, None)
    target.remove()
    with pytest.raises(TargetMissing):
        target.files()


def test_a_folder_without_files_can_be_there(url):
    with open_target(url).writing():
        pass

    assert open_target(url).exists()
    assert open_target(url).files() == ()


def test_after_an_exception_nothing_is_published_and_nothing_left(url):
    fill(url, a="old")
    before = list(list_files(url))

    with pytest.raises(LookupError), open_target(url).writing() as folder:
        with folder.open("b.txt") as file:
            file.write("new")
        raise LookupError

    assert texts_of(open_target(url)) == {"a.txt": "old"}
    assert list(list_files(url)) == before


def test_a_file_that_was_not_closed_is_named_and_nothing_published(url):
    with pytest.raises(FilesUnfinished, match=r"not closed, or failed: a\.txt"), open_target(url).writing() as folder:
        folder.open("a.txt").write("never closed")
    assert not open_target(url).exists()
    assert list(list_files(url)) == []


def test_a_reader_goes_on_reading_what_they_began_with(url):
    folder = fill(url, a="old", b="old").read()

    fill(url, a="new", b="new")

    assert texts_of(folder) == {"a.txt": "old", "b.txt": "old"}
    assert texts_of(open_target(url)) == {"a.txt": "new", "b.txt": "new"}


@pytest.mark.parametrize("there", [False, True])
def test_of_two_writers_the_slower_is_told_and_leaves_nothing(url, there):
    if there:
        fill(url, a="old")
    with pytest.raises(PublishedMeanwhile), open_target(url).writing() as folder:
        with folder.open("mine.txt") as file:
            file.write("slow")
        fill(url, a="fast")

    assert texts_of(open_target(url)) == {"a.txt": "fast"}
    assert not any(name.endswith("mine.txt") for name in list_files(url))


def test_each_file_that_differs_from_the_manifest_is_named(url):
    target = fill(url, a="a", b="b", c="c", d="d")
    where = f"{url}{target.version()}"
    open_target(f"{where}/a.txt").remove()
    for name in ("b", "new"):
        with open_target(f"{where}/{name}.txt").open("w") as file:
            file.write("x")

    assert target.verify() == ["a.txt is missing", "b.txt has changed", "new.txt is surplus"]


def test_old_generations_that_no_manifest_names_are_removed_by_a_later_writer(url):
    now = datetime.now(UTC)
    for days in (1, 8):
        with open_target(f"{url}{now - timedelta(days=days):%Y%m%dT%H%M%SZ}-abc/x.txt").open("w") as file:
            file.write("abandoned")
    with open_target(f"{url}somebodys/x.txt").open("w") as file:
        file.write("not ours")
    first = fill(url, a="1").version()
    second = fill(url, a="2").version()
    third = fill(url, a="3").version()

    left = {name.partition("/")[0] for name in list_files(url)}

    young = {name for name in left if name.endswith("-abc")}
    assert left == {"manifest.json", "somebodys", first, second, third} | young
    assert young == {f"{now - timedelta(days=1):%Y%m%dT%H%M%SZ}-abc"}


def test_removing_takes_the_whole(url):
    fill(url, a="1")
    target = fill(url, a="2")

    target.remove()

    assert not target.exists()
    assert list(list_files(url)) == []


@pytest.mark.parametrize(
    "name", ["../a", "/etc/passwd", "a/../../b", "", ".", "a//b", ".hidden", "a/.b", "a\\b", "a\nb", "a/", "x" * 300]
)
def test_names_that_lead_elsewhere_or_hide_are_refused(tmp_path, name):
    with pytest.raises(BadFileName, match="cannot name a file"), open_target(f"{tmp_path}/set/").writing() as folder:
        folder.open(name)
    assert not list(tmp_path.rglob("a*"))


def test_a_file_is_written_once(tmp_path):
    with open_target(f"{tmp_path}/set/").writing() as folder:
        with pytest.raises(LookupError), folder.open("a.txt") as file:
            file.write("fails")
            raise LookupError
        with folder.open("a.txt") as file:
            file.write("a")
        with pytest.raises(FileExistsError):
            folder.open("a.txt")
    assert texts_of(open_target(f"{tmp_path}/set/")) == {"a.txt": "a"}


def test_a_file_that_is_not_in_the_manifest_cannot_be_read(tmp_path):
    target = fill(f"{tmp_path}/set/", a="1")
    with pytest.raises(NoSuchFile, match=r"has no file '\.\./manifest\.json' among its 1"):
        target.open("../manifest.json")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"generation": "../x", "before": "", "time": 1, "files": []}'], ids=str
)
def test_a_manifest_of_somebody_else_is_told(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BadManifest, match="something else wrote it"):
        open_target(f"{tmp_path}/").files()


def test_many_are_asked_for_at_once(url):
    fill(f"{url}2/", a="1")
    targets = [open_target(f"{url}{number}/") for number in range(10)]

    assert existing(targets) == [number == 2 for number in range(10)]
    assert [target.exists() for target in targets] == [number == 2 for number in range(10)]


def test_a_trashed_folder_waits_and_comes_back(url):
    target = fill(url, a="1", b="2")
    version = target.version()

    target.trash("op1")
    target.trash("op1")

    assert (target.exists(), target.trashed("op1"), list(list_files(url))) == (False, True, [])
    target.restore("op1")
    target.restore("op1")
    assert texts_of(target) == {"a.txt": "1", "b.txt": "2"}
    assert (target.version(), target.trashed("op1"), target.verify()) == (version, False, [])


def test_a_trashed_folder_does_not_replace_what_was_built_meanwhile(url):
    target = fill(url, a="1")
    target.trash("op1")
    fill(url, a="2")

    with pytest.raises(TargetExists):
        target.restore("op1")

    assert texts_of(target) == {"a.txt": "2"}
    target.trash("op2")
    target.restore("op1")
    assert texts_of(target) == {"a.txt": "1"}


def test_a_reader_of_what_was_trashed_meanwhile_is_told(url):
    target = fill(url, a="1", b="2")
    folder = target.read()

    target.trash("op1")

    with pytest.raises(ChangedWhileReading):
        folder.open("a.txt")


def test_a_purged_folder_is_gone_for_good(url):
    target = fill(url, a="1")
    target.trash("op1")

    target.purge("op1")
    target.purge("op1")

    assert not target.trashed("op1")
    with pytest.raises(NotInTrash):
        target.restore("op1")


def test_a_folder_is_told_of_as_one_target_and_read_as_one(url, provenance):
    class Copy(luigi.Task):
        def output(self):
            return open_target(f"{url}copy/")

        def run(self):
            texts = texts_of(source.read())
            with self.output().writing() as folder, folder.open("all.txt") as file:
                file.write("".join(texts.values()))

    source, told = fill(f"{url}source/", a="1", b="2"), []
    provenance("beside")
    Copy.event_handler(WRITTEN)(lambda _task, record: told.append(record))

    with Worker(scheduler=Scheduler()) as worker:
        assert worker.add(Copy())
        assert worker.run()

    (record,) = told
    assert (record["url"], record["version"], record["size"]) == (Copy().output().url, Copy().output().version(), 2)
    assert list(record["inputs"]) == [{"url": source.url, "version": source.version()}]
    assert Copy().output().provenance() == json.loads(json.dumps(record))
    assert not any("provenance" in path.name for path in Path(url).rglob("*"))


def kill_while_it_writes(url, moments):
    """Kill a writer at several moments of its writes; what is there is always whole, and what it was told to be."""
    for moment in range(moments):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", PROGRAM, url]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            said = int(process.stdout.readline())
            threading.Event().wait((moment + 0.5) / moments * 0.1)
            process.send_signal(signal.SIGKILL)
            said = max([said, *map(int, process.stdout)])
        target = open_target(url)
        (text,) = set(texts_of(target).values())
        assert text in {str(number) * 100 for number in (said, said + 1)}
        assert len(target.files()) == 6
        assert not target.verify()


def test_a_writer_killed_at_any_moment_leaves_one_whole_folder(tmp_path):
    kill_while_it_writes(f"{tmp_path}/set/", 1)


@pytest.mark.long
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("where", ["file", "s3"])
def test_a_writer_killed_at_a_hundred_moments_leaves_one_whole_folder(tmp_path, where, request):
    kill_while_it_writes(f"{tmp_path if where == 'file' else request.getfixturevalue('s3')}/set/", 100)
