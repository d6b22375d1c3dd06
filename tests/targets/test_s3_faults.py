"""What goes wrong between a target and its bucket is mended, or told with the mend; never is half of anything seen."""

import gc
import threading
from datetime import timedelta

import luigi.format
import pytest
from s3_proxy import Proxy, after, answer, break_off, drop_answer, lose_body, reset_request, shorten, stall
from test_s3_target import BLOCK, content, uploads, write

from targets import errors, open_target
from targets.s3_settings import MIB

#: Spoils all that can be sent.
KINDS = ("put", "begin", "part", "complete")
#: The requests that publish, and what is published by them.
BOTH = pytest.mark.parametrize(("kind", "data"), [("put", b"small"), ("complete", BLOCK * 6)], ids=["put", "complete"])


@pytest.fixture
def proxy(seaweed):
    with Proxy(seaweed.url) as running:
        yield running


@pytest.fixture
def target(s3):
    """As it is: past the proxy."""
    return open_target(f"{s3}/out", format="bytes")


@pytest.fixture
def through(target, proxy):
    """The same one, through the proxy."""
    return open_target(target.url, format="bytes", part_mib=5, max_attempts=2, endpoint_url=proxy.url)


@pytest.mark.parametrize(
    "how",
    [answer(500, "InternalError"), answer(503, "SlowDown"), reset_request, drop_answer],
    ids=["500", "503", "reset", "lost answer"],
)
def test_one_fault_in_each_kind_of_request_is_mended(target, through, proxy, seaweed, how):
    for kind in (*KINDS, "head", "get"):
        proxy.spoil(kind, how)
    for data in (b"small", BLOCK * 6):
        write(through, data)
        assert content(target) == data
        assert content(through) == data
        target.remove()
    uploads_left = uploads(seaweed, target)
    assert len(uploads_left) <= (how is drop_answer)  # that whose begin was not answered, and sent again


def test_a_connection_that_is_lost_before_the_first_byte_leaves_no_empty_object(target, through, proxy):
    proxy.spoil("put", lose_body, times=2)
    with pytest.raises(errors.StorageUnreachable):
        write(through, b"small")
    assert not target.exists()


@pytest.mark.parametrize(("kind", "data"), [("put", b"small"), ("part", BLOCK * 6)], ids=["put", "part"])
def test_a_body_that_is_lost_is_sent_again(target, through, proxy, kind, data):
    proxy.spoil(kind, lose_body)
    write(through, data)
    assert content(target) == data


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("how", "error"),
    [
        (answer(500, "InternalError"), errors.StorageFailed),
        pytest.param(answer(503, "SlowDown"), errors.Throttled, marks=pytest.mark.long),
        pytest.param(reset_request, errors.StorageUnreachable, marks=pytest.mark.long),
    ],
    ids=["500", "503", "reset"],
)
def test_a_fault_that_lasts_is_told_and_nothing_is_there(target, through, proxy, seaweed, kind, how, error):
    proxy.spoil(kind, how, times=99)
    with pytest.raises(error, match=f"Writing {target.url} at {proxy.url} did not succeed.*tried 2 times"):
        write(through, b"small" if kind == "put" else BLOCK * 6)
    assert not target.exists()
    assert uploads(seaweed, target) == []


@BOTH
def test_a_publish_whose_answers_are_all_lost_is_known_again(target, through, proxy, kind, data):
    proxy.spoil(kind, drop_answer, times=2)
    write(through, data)
    assert content(target) == data


@BOTH
def test_another_writer_between_the_tries_is_told_from_ourselves(target, through, proxy, kind, data):
    first = answer(500, "InternalError")

    def meanwhile(handler, asked, body):
        write(target, b"theirs")
        first(handler, asked, body)

    proxy.spoil(kind, meanwhile)
    with pytest.raises(errors.PublishedMeanwhile):
        write(through, data)
    assert content(target) == b"theirs"


@BOTH
def test_conditional_requests_that_meet_are_sent_again(target, through, proxy, kind, data):
    proxy.spoil(kind, answer(409, "ConditionalRequestConflict"))
    write(through, data)
    assert content(target) == data


@BOTH
def test_a_server_without_conditional_writes_is_asked_beforehand_and_the_log_says_so(
    target, through, proxy, kind, data, caplog
):
    def unknown(handler, asked, body):
        if {"if-match", "if-none-match"} & asked.headers.keys():
            return answer(501, "NotImplemented")(handler, asked, body)
        return handler.answer(*handler.forward(asked, body))

    proxy.spoil(kind, unknown, times=99)
    write(through, data)
    assert content(target) == data
    assert "knows no conditional writes; checked beforehand only" in caplog.text
    with pytest.raises(errors.PublishedMeanwhile), through.open("w") as file:
        file.write(data)
        target.remove()
        write(target, b"theirs")
    assert content(target) == b"theirs"


def test_an_answer_that_breaks_off_is_read_again(target, through, proxy):
    write(target, BLOCK * 6)
    proxy.spoil("get", break_off)
    proxy.spoil("get", break_off, skip=1)
    assert content(through) == BLOCK * 6


def test_an_answer_that_is_too_short_is_read_again(target, through, proxy):
    write(target, BLOCK * 6)
    proxy.spoil("get", shorten)
    assert content(through) == BLOCK * 6


def test_an_answer_that_always_breaks_off_is_told(target, through, proxy):
    write(target, BLOCK * 6)
    proxy.spoil("get", break_off, times=99, skip=1)
    with pytest.raises(errors.StorageUnreachable, match=f"Reading {target.url}"):
        content(through)


def test_a_server_that_falls_silent_is_told_after_the_time_that_was_set(target, proxy):
    write(target, BLOCK)
    over = threading.Event()
    proxy.spoil("get", stall(over), times=99)
    silent = open_target(target.url, format="bytes", endpoint_url=proxy.url, read_timeout_s=0.2, max_attempts=2)
    try:
        with pytest.raises(errors.StorageTimedOut, match="raise connect_timeout_s or read_timeout_s"):
            content(silent)
    finally:
        over.set()


@pytest.mark.parametrize("what", ["replaced", "removed", "trashed"])
def test_a_reader_is_told_that_its_object_is_gone_and_gets_no_byte_of_another(target, through, proxy, what):
    write(target, BLOCK * 12)
    act = {
        "replaced": lambda: write(target, b"x" * 12 * MIB),
        "removed": target.remove,
        "trashed": lambda: target.trash("op"),
    }[what]
    proxy.spoil("get", after(act), skip=2)
    got = bytearray()
    gone = pytest.raises(errors.ChangedWhileReading, match=f"{target.url} was replaced or removed")
    with gone, through.open("r") as file:
        while piece := file.read(100_000):
            got += piece
    assert len(got) < 12 * MIB
    assert got == (BLOCK * 12)[: len(got)]


@pytest.mark.filterwarnings("ignore:Exception ignored in.*InputPipe")  # Luigi's, about the program, once more
def test_a_program_that_reads_is_not_taken_to_have_read_all(target, through, proxy):
    packed = open_target(target.url, format=luigi.format.Gzip)
    write(packed, BLOCK * 6)
    proxy.spoil("get", after(target.remove), skip=1)
    packed = open_target(target.url, format=luigi.format.Gzip, endpoint_url=proxy.url)
    with pytest.raises(errors.ChangedWhileReading):
        content(packed)
    gc.collect()


def test_a_program_that_writes_is_told_why(target, proxy):
    packed = open_target(target.url, format=luigi.format.Gzip, endpoint_url=proxy.url, max_attempts=1, part_mib=5)
    proxy.spoil("part", answer(403, "AccessDenied"), times=99)
    with pytest.raises(errors.NoPermission, match="AccessDenied"):
        write(packed, BLOCK * 30)
    assert not target.exists()


def test_a_write_that_has_failed_is_not_published_by_a_close(target, through, proxy):
    proxy.spoil("part", answer(500, "InternalError"), times=99)
    file = through.open("w")
    with pytest.raises(errors.StorageFailed):
        for _ in range(60):
            file.write(BLOCK)
    with pytest.raises(errors.StorageFailed):
        file.close()
    assert not target.exists()


def test_uploads_of_killed_writers_are_aborted_by_a_later_one_when_they_are_old(target, seaweed, monkeypatch, s3):
    # Given an upload of this key, and one of a key that begins with it
    names = {"Bucket": target.bucket, "Key": target.key}
    seaweed.client.create_multipart_upload(**names)
    seaweed.client.create_multipart_upload(Bucket=target.bucket, Key=target.key + "2")
    # When they are young, then they stay
    write(target, BLOCK * 9)
    assert [each["Key"] for each in uploads(seaweed, target)] == ["out", "out2"]
    # And when they are old, that of this key is gone
    monkeypatch.setattr("targets.s3_upload.ABANDONED", -timedelta(days=1))
    write(target, BLOCK * 9)
    assert [each["Key"] for each in uploads(seaweed, target)] == ["out2"]


@pytest.mark.parametrize(
    ("status", "code", "error", "mend"),
    [
        (403, "AccessDenied", errors.NoPermission, "s3:PutObject"),
        (403, "ExpiredToken", errors.CredentialsExpired, "Renew them"),
        (403, "InvalidAccessKeyId", errors.CredentialsWrong, "Correct the credentials"),
        (301, "PermanentRedirect", errors.WrongRegion, "another region, eu-west-9 .*Set\nregion"),
        (404, "NoSuchBucket", errors.BucketMissing, "Make it"),
        (429, "TooManyRequests", errors.Throttled, "retries = adaptive"),
        (400, "RequestTimeout", errors.StorageTimedOut, "read_timeout_s"),
        (400, "EntityTooLarge", errors.StorageRefused, "EntityTooLarge: as the test wants it"),
    ],
)
def test_what_a_server_refuses_is_told_with_the_mend(through, proxy, status, code, error, mend):
    proxy.spoil("put", answer(status, code, **{"x-amz-bucket-region": "eu-west-9"}), times=99)
    with pytest.raises(error, match=mend):
        write(through, b"")
