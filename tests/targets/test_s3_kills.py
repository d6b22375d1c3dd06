"""Writers in S3 that are killed at any moment, and writers at the same moment: one whole object, or none, is there."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from test_s3_target import BLOCK, content, uploads

from targets import open_target
from targets.errors import PublishedMeanwhile
from targets.s3_settings import MIB

ROOT = Path(__file__).parents[2]
SMALL, LARGE = 1 << 16, 11 * MIB
#: Seconds within which a kill comes: longer than the first few writes take.
MOMENTS_S = {SMALL: 0.2, LARGE: 1.5}
#: Forks, for each number that it is told, a process that writes the next ones, over and over.
WRITERS = """
import os, sys
import targets.s3
from targets import open_target
from targets.errors import PublishedMeanwhile
url, size = sys.argv[1], int(sys.argv[2])
for line in sys.stdin:
    process = os.fork()
    number = int(line)
    while not process:
        number += 1
        data = b"%08d" % number * (size // 8)
        target = open_target(url, format="bytes", part_mib=5)
        try:
            with target.open("w") as file:
                for start in range(0, size, 1 << 18):
                    file.write(data[start : start + (1 << 18)])
        except PublishedMeanwhile:  # by one that is dead, whose last request was on its way still
            number = int(target.open("r").read(8))
        print("published", number, flush=True)
    print("process", process, flush=True)
    os.waitpid(process, 0)
    print("dead", flush=True)
"""
#: Opens a target, and publishes when it is told to.
ONE = """
import sys
from targets import open_target
from targets.errors import PublishedMeanwhile
with open_target(sys.argv[1], format="bytes", part_mib=5).open("w") as file:
    file.write(sys.argv[2].encode() * int(sys.argv[3]))
    print("written", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def target(s3):
    return open_target(f"{s3}/out", format="bytes", part_mib=5)


def python(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Killed:
    """Starts writers and kills them; `last` is the newest number that one of them has seen published."""

    def __init__(self, target, size):
        self.last = 0
        self._size = size
        self._target = target
        self._writers = python(WRITERS, target.url, size)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._writers.communicate(timeout=30)

    def at(self, moment_s):
        """Let a writer work for so long, and kill it."""
        self.last = self._number()  # one that was killed between publishing and telling has told nothing
        print(self.last, file=self._writers.stdin, flush=True)
        process = int(self._heard("process"))
        time.sleep(moment_s)  # the moment of the kill, which is to be any
        os.kill(process, signal.SIGKILL)
        assert self._heard("dead") == ""

    def check(self):
        """What is there is whole, and the last that was published or the next."""
        number = self._number()
        assert number in (self.last, self.last + 1)
        if number:
            assert content(self._target) == b"%08d" % number * (self._size // 8)

    def _heard(self, word):
        while line := self._writers.stdout.readline():
            said, _, what = line.strip().partition(" ")
            if said == word:
                return what
            assert said == "published"
            self.last = int(what)
        raise AssertionError(self._writers.stderr.read())

    def _number(self):
        return int(self._target.open("r").read(8)) if self._target.exists() else 0


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    "kills", [3, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(1200)])], ids=["few", "many"]
)
def test_a_kill_at_any_moment_leaves_the_old_object_or_the_new_one(target, seaweed, monkeypatch, size, kills):
    moments = random.Random()
    with Killed(target, size) as killed:
        for _ in range(kills):
            killed.at(moments.uniform(0, MOMENTS_S[size]))
            killed.check()
    # And what they have left is cleaned up by a later writer
    monkeypatch.setattr("targets.s3_upload.ABANDONED", -timedelta(days=1))
    for tries_left in reversed(range(3)):
        try:
            with target.open("w") as file:
                file.write(BLOCK * 11)
            break
        except PublishedMeanwhile:  # by one that is dead, whose last request was on its way still
            assert tries_left
    assert uploads(seaweed, target) == []


@pytest.mark.parametrize("first", [True, False], ids=["first", "replacing"])
@pytest.mark.parametrize("blocks", [1, 6], ids=["small", "large"])
def test_of_many_threads_that_publish_at_once_one_wins_whole_and_the_others_are_told(target, seaweed, blocks, first):
    # Given
    if not first:
        with target.open("w") as file:
            file.write(b"old")
    together = threading.Barrier(6)

    def published(number):
        writer = open_target(target.url, format="bytes", part_mib=5).open("w")
        writer.write(bytes([number]) * (blocks * MIB))
        together.wait(30)
        try:
            writer.close()
        except PublishedMeanwhile:
            return None
        return number

    # When
    with ThreadPoolExecutor(6) as pool:
        (winner,) = {*pool.map(published, range(6))} - {None}
    # Then
    assert content(target) == bytes([winner]) * (blocks * MIB)
    assert uploads(seaweed, target) == []


@pytest.mark.long
def test_of_many_processes_that_publish_at_once_one_wins_whole_and_the_others_are_told(target):
    writers = [python(ONE, target.url, name, 6 * MIB) for name in "abcdef"]
    for writer in writers:
        assert writer.stdout.readline() == "written\n"
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    told = [writer.communicate(timeout=30)[1] for writer in writers]
    (winner,) = [name for name, writer in zip("abcdef", writers, strict=True) if writer.returncode == 0]
    assert sum("PublishedMeanwhile" in each for each in told) == 5
    assert content(target) == winner.encode() * 6 * MIB


@pytest.mark.parametrize("how", [pytest.param("remove", marks=pytest.mark.long), "trash"])
def test_readers_meanwhile_read_all_or_are_told(target, how):
    # Given readers that read over and over
    data = BLOCK * 8
    over = threading.Event()

    def read():
        whole = 0
        while not over.is_set():
            try:
                assert content(target) == data
                whole += 1
            except FileNotFoundError:
                pass
            except Exception as error:
                assert type(error).__name__ == "ChangedWhileReading", error
        return whole

    # When the target comes and goes
    with ThreadPoolExecutor(2) as pool:
        reading = [pool.submit(read) for _ in range(2)]
        try:
            for number in range(4):
                with target.open("w") as file:
                    file.write(data)
                target.remove() if how == "remove" else target.trash(f"op-{number}")
            with target.open("w") as file:
                file.write(data)
            assert content(target) == data
        finally:
            over.set()
        # Then none has read anything else
        for each in reading:
            each.result(30)
