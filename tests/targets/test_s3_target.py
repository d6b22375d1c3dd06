"""Objects in S3 are targets: whole or not there, read and written in streams, moved away and back."""

import hashlib
import json
import os
import random
import subprocess
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

import luigi
import luigi.format
import pytest
from s3_proxy import Proxy

from targets import open_target
from targets.errors import NothingWritten, NotInTrash, TargetExists, TargetMissing, UnknownScheme
from targets.s3 import S3Target
from targets.s3_copy import Copy
from targets.s3_download import S3Reader
from targets.s3_settings import MIB, S3Options

BLOCK = random.Random(6).randbytes(MIB)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def target(s3):
    """Of bytes, in small parts."""
    return open_target(f"{s3}/folder/out", format="bytes", part_mib=5)


@pytest.fixture
def proxy(seaweed):
    with Proxy(seaweed.url) as running:
        yield running


def write(target, data):
    with target.open("w") as file:
        file.write(data)


def content(target):
    with target.open("r") as file:
        return file.read()


def uploads(seaweed, target):
    return seaweed.client.list_multipart_uploads(Bucket=target.bucket).get("Uploads", [])


def keys(seaweed, target):
    found = seaweed.client.list_objects_v2(Bucket=target.bucket).get("Contents", [])
    return [each["Key"] for each in found]


def test_a_small_object_takes_one_request_to_look_for_read_and_two_to_write(s3, proxy):
    target = open_target(f"{s3}/small", endpoint_url=proxy.url)
    assert not target.exists()
    assert proxy.kinds() == ["head"]
    write(target, "text\n")
    assert proxy.kinds()[1:] == ["head", "put"]
    assert content(target) == "text\n"
    assert proxy.kinds()[3:] == ["get"]
    assert target.exists()
    assert target.version() == hashlib.md5(b"text\n").hexdigest()
    assert target.size() == 5
    assert proxy.kinds()[4:] == ["head"] * 3


def test_a_large_one_is_sent_in_parts_and_there_only_when_it_is_complete(target, seaweed):
    with target.open("w") as file:
        for _ in range(11):
            file.write(BLOCK)
        assert not target.exists()
        assert len(uploads(seaweed, target)) == 1
    assert content(target) == BLOCK * 11
    assert target.version().endswith("-3")
    assert uploads(seaweed, target) == []


@pytest.mark.parametrize("size", [0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1])
def test_what_is_written_is_read_whatever_its_size(target, size):
    data = (BLOCK * 6)[:size]
    write(target, data)
    assert content(target) == data


def test_nothing_is_left_after_an_exception_an_abort_or_a_drop(target, seaweed):
    with pytest.raises(LookupError), target.open("w") as file:
        file.write(BLOCK * 6)
        raise LookupError
    file = target.open("w")
    file.write(BLOCK * 6)
    file.abort()
    file = target.open("w")
    file.write(BLOCK * 6)
    del file
    assert keys(seaweed, target) == []
    assert uploads(seaweed, target) == []


def test_reads_jump_to_and_fro_and_give_what_is_there(target):
    data = BLOCK * 12
    write(target, data)
    places = random.Random(7)
    with target.open("r") as file:
        for _ in range(40):
            start, length = places.randrange(len(data)), places.choice([1, 1000, 300_000, 3_000_000])
            assert file.seek(start) == start
            assert file.read(length) == data[start : start + length]
        assert file.seek(-5, os.SEEK_END) == len(data) - 5
        assert file.read() == data[-5:]
        assert file.read() == b""
        with pytest.raises(ValueError, match="before the begin"):
            file.seek(-1)


def test_a_jump_to_the_end_fetches_little(s3, proxy):
    target = open_target(f"{s3}/out", format="bytes", part_mib=5, endpoint_url=proxy.url)
    write(target, BLOCK * 12)
    proxy.asked.clear()
    with target.open("r") as file:
        file.seek(-100_000, os.SEEK_END)
        assert file.read() == (BLOCK * 12)[-100_000:]
    ranges = [each.headers["range"] for each in proxy.asked]
    assert len(ranges) == 2
    assert ranges[1] == f"bytes={12 * MIB - 100_000}-{12 * MIB - 1}"


def test_text_is_read_by_lines_and_written_with_any_format(s3):
    for format in (None, luigi.format.UTF8, "text"):
        target = open_target(f"{s3}/text", format=format)
        write(target, "grüße\nzwei\n")
    assert list(open_target(f"{s3}/text", format="text").open()) == ["grüße\n", "zwei\n"]


@pytest.mark.parametrize("format", [luigi.format.Gzip, luigi.format.Bzip2])
def test_formats_that_start_programs_stream_through_pipes(s3, format, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")  # nothing goes to the disk
    target = open_target(f"{s3}/packed", format=format, part_mib=5)
    records = []
    target._published = records.append
    write(target, BLOCK * 6)
    assert content(target) == BLOCK * 6
    raw = content(open_target(f"{s3}/packed", format="bytes"))
    assert raw != BLOCK * 6
    assert (records[0].size, records[0].sha256) == (len(raw), hashlib.sha256(raw).hexdigest())
    with target.open("r") as file:
        assert file.read(10) == BLOCK[:10]


def test_text_is_packed_on_the_way(s3):
    target = open_target(f"{s3}/lines.gz", format=luigi.format.UTF8 >> luigi.format.Gzip)
    write(target, "eins\nzwei\n")
    assert list(target.open("r")) == ["eins\n", "zwei\n"]
    assert zlib.decompress(content(open_target(target.url, format="bytes")), 31) == b"eins\nzwei\n"


def test_a_program_writes_to_the_descriptor_also_when_another_was_forked_meanwhile(target):
    with target.open("w") as file:
        subprocess.run(["echo", "told"], stdout=file, check=True)
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file)  # holds the pipe open
        assert file.fileno()
        file.close()
        child.communicate()
    assert content(target) == b"told\n"


def test_a_program_writes_to_a_path_that_is_published_at_the_end(target):
    with target.temporary_path() as path:
        assert Path(path).name == "out"
        Path(path).write_bytes(BLOCK * 6)
        assert not target.exists()
    assert content(target) == BLOCK * 6
    assert not Path(path).parent.exists()
    with pytest.raises(LookupError), target.temporary_path() as path:
        Path(path).write_bytes(b"half")
        raise LookupError
    with pytest.raises(NothingWritten), target.temporary_path():
        pass
    assert target.size() == 6 * MIB


def test_the_record_of_a_write_names_version_size_and_checksum(target):
    records = []
    target._published = records.append
    write(target, BLOCK * 6)
    (record,) = records
    assert (record.version, record.size) == (target.version(), 6 * MIB)
    assert record.sha256 == hashlib.sha256(BLOCK * 6).hexdigest()


def test_the_record_lies_beside_the_object_where_that_is_configured(target, seaweed, monkeypatch):
    monkeypatch.setattr("targets.provenance.targets", lambda: SimpleNamespace(provenance="beside"))
    write(target, b"data")
    beside = open_target(target.url.replace("/out", "/.out.provenance.json"))
    record = json.loads(content(beside))
    assert (record["url"], record["version"], record["size"]) == (target.url, target.version(), 4)
    assert record["sha256"] == hashlib.sha256(b"data").hexdigest()


def test_versions_are_version_ids_where_the_bucket_keeps_them(target, seaweed):
    seaweed.client.put_bucket_versioning(Bucket=target.bucket, VersioningConfiguration={"Status": "Enabled"})
    write(target, b"one")
    first = target.version()
    write(target, b"two")
    assert target.version() != first
    old = seaweed.client.get_object(Bucket=target.bucket, Key=target.key, VersionId=first)
    assert old["Body"].read() == b"one"


def test_the_server_copies_and_moves_also_in_parts(target, s3):
    write(target, BLOCK * 11)
    target.copy(f"{s3}/copy")
    open_target(f"{s3}/copy").move(f"{s3}/moved")
    assert not open_target(f"{s3}/copy").exists()
    assert content(open_target(f"{s3}/moved", format="bytes")) == BLOCK * 11
    with pytest.raises(RuntimeError, match="Destination exists"):
        target.copy(f"{s3}/moved", raise_if_exists=True)
    parts = open_target(f"{s3}/parts", format="bytes")
    found = target.object.head()
    copy = Copy(source=target.object, found=found, destination=parts.object, whole=5 * MIB)
    assert copy.publish(None, {}) == parts.version()
    assert content(parts) == BLOCK * 11


def test_a_target_goes_into_the_trash_and_comes_back(target, seaweed):
    write(target, b"precious")
    target._write_beside(b"{}")
    for _ in range(2):
        target.trash("op-1")
        assert not target.exists()
        assert target.trashed("op-1")
        assert not target.trashed("op-2")
    assert keys(seaweed, target) == [
        ".luigi-trash/op-1/folder/.out.provenance.json",
        ".luigi-trash/op-1/folder/out",
    ]
    for _ in range(2):
        target.restore("op-1")
        assert content(target) == b"precious"
        assert not target.trashed("op-1")
    assert keys(seaweed, target) == ["folder/.out.provenance.json", "folder/out"]
    target.trash("op-2")
    target.purge("op-2")
    target.purge("op-2")
    assert keys(seaweed, target) == []
    with pytest.raises(NotInTrash):
        target.restore("op-2")
    target.trash("op-3")
    assert not target.trashed("op-3")


def test_what_was_built_again_is_neither_replaced_nor_thrown_away(target):
    write(target, b"old")
    target.trash("op")
    write(target, b"new")
    target.trash("op")  # repeated after a kill: it had been done
    with pytest.raises(TargetExists):
        target.restore("op")
    assert content(target) == b"new"
    assert target.trashed("op")


def test_a_step_of_the_trash_that_was_killed_half_way_is_ended_by_the_next(target, proxy, s3):
    # Given a process that dies between the copy and the deletion
    dying = open_target(target.url, format="bytes", endpoint_url=proxy.url)
    proxy.spoil("delete", pytest.fail, times=9)
    for data, step in ((b"one", "trash"), (b"one", "restore")):
        if step == "trash":
            write(target, data)
        copied = target.object if step == "trash" else target.object.other(f".luigi-trash/op/{target.key}")
        delete, copied.__class__.delete = copied.__class__.delete, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
        try:
            with pytest.raises(KeyboardInterrupt):
                getattr(dying, step)("op")
        finally:
            copied.__class__.delete = delete
        assert (target.exists(), target.trashed("op")) == (True, True)
        # When it is done again
        getattr(target, step)("op")
        # Then it is done
        assert (target.exists(), target.trashed("op")) == (step == "restore", step == "trash")
    assert content(target) == b"one"


def test_what_is_missing_is_told_by_its_name(target):
    with pytest.raises(TargetMissing, match=target.url):
        target.open("r")
    with pytest.raises(FileNotFoundError):
        target.copy(target.url + "2")
    target.remove()
    assert (target.version(), target.size()) == (None, None)


@pytest.mark.parametrize("url", ["s3://", "s3://bucket", "s3://bucket/", "s3:///key", "s3://bucket/key/", "/path"])
def test_what_names_no_object_is_refused(url):
    with pytest.raises(ValueError, match="names no object"):
        S3Target(url)


def test_options_are_checked():
    with pytest.raises(TypeError, match="speed: unknown"):
        open_target("s3://bucket/key", speed=3)
    for wrong in ({"part_mib": 4}, {"concurrency": 0}, {"encryption": "rot13"}, {"retries": "legacy"}):
        with pytest.raises(ValueError, match=str(next(iter(wrong)))):
            S3Options.read(wrong)
    with pytest.raises(UnknownScheme, match="s3://"):
        open_target("gs://bucket/key")


def test_encryption_is_asked_for_with_each_object(s3, proxy):
    how = {"encryption": "aws:kms", "kms_key": "key-1", "endpoint_url": proxy.url, "max_attempts": 1, "part_mib": 5}
    for data in (b"small", BLOCK * 6):  # the server here has no key, and refuses
        with pytest.raises(Exception, match="did not succeed"):
            write(open_target(f"{s3}/secret", format="bytes", **how), data)
    asked = [each.headers for each in proxy.asked if each.kind in ("put", "begin")]
    assert len(asked) == 2
    for headers in asked:
        assert headers["x-amz-server-side-encryption"] == "aws:kms"
        assert headers["x-amz-server-side-encryption-aws-kms-key-id"] == "key-1"


def test_a_reader_goes_on_in_a_forked_process(target):
    write(target, BLOCK * 6)
    file = target.open("r")
    assert file.read(MIB) == BLOCK
    child = os.fork()
    if child == 0:
        os._exit(0 if file.read() == BLOCK * 5 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert file.read() == BLOCK * 5
    file.close()


def test_boto3_is_not_imported_before_a_target_in_s3_is_opened():
    code = "import sys, targets; assert 'boto3' not in sys.modules and 'botocore' not in sys.modules"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=True)


def test_a_reader_that_could_not_be_opened_is_closed_all_the_same(s3):
    reader = S3Reader.__new__(S3Reader)
    with pytest.raises(TargetMissing):
        reader.__init__(open_target(f"{s3}/nowhere").object)
    reader.close()
    assert reader.closed
