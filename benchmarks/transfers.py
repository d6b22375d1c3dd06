"""A gigabyte to S3 and back: ours, boto3's transfer manager and luigi.contrib.s3, each in a process of its own.

`python -m benchmarks.transfers WAY DIRECTION URL` does it once and prints what it took. What each imports, its client
and its first request come before: seconds and memory are those of the transfer.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import luigi.format
from luigi.contrib import s3

from benchmarks.storage import reached_at, s3_server
from targets import open_target

SIZE, ROUNDS = 1 << 30, 5
WAYS = ("ours", "boto3", "luigi.contrib.s3")
_BLOCK = 1 << 20
_ROOT = Path(__file__).parents[1]


class Blocks:
    """A file of so many bytes, which are made as they are read."""

    def __init__(self, block):
        self._block, self._left = block, SIZE

    def read(self, count=-1):
        """The next bytes."""
        count = min(self._left, count if count >= 0 else self._left)
        self._left -= count
        return (self._block * -(-count // _BLOCK))[:count]

    def seekable(self):
        """It is read once."""
        return False


class Counter:
    """A file that only counts what is written to it."""

    def __init__(self):
        self.count = 0

    def write(self, data):
        """Count it."""
        self.count += len(data)
        return len(data)

    def seekable(self):
        """It is written from its begin to its end."""
        return False


def written(way, url):
    """What writes the object, ready to start."""
    block = os.urandom(_BLOCK)
    if way == "boto3":
        client, where = boto3.client("s3"), urlsplit(url)
        client.list_buckets()
        return lambda: client.upload_fileobj(Blocks(block), where.netloc, where.path[1:])
    target = opened(way, url)
    target.exists()

    def write():
        with target.open("w") as file:
            for _ in range(SIZE // _BLOCK):
                file.write(block)

    return write


def read(way, url):
    """What reads the object, ready to start."""
    if way == "boto3":
        client, where = boto3.client("s3"), urlsplit(url)
        client.list_buckets()
        return lambda: check(client, where)
    target = opened(way, url)
    target.exists()

    def read_all():
        counter = Counter()
        with target.open("r") as file:
            while data := file.read(_BLOCK):
                counter.write(data)
        assert counter.count == SIZE

    return read_all


def check(client, where):
    """Read all by the transfer manager."""
    counter = Counter()
    client.download_fileobj(where.netloc, where.path[1:], counter)
    assert counter.count == SIZE


def opened(way, url):
    """Our target, or Luigi's."""
    nop = luigi.format.Nop
    return open_target(url, format=nop) if way == "ours" else s3.S3Target(url, format=nop)


def memory(what):
    """Bytes of this process: `VmRSS` now, `VmHWM` at most since it was last reset."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith(what))


def once(way, direction, url):
    """Do it; gives seconds, seconds of the processor, and MiB above the start."""
    act = {"write": written, "read": read}[direction](way, url)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    start, began, worked = memory("VmRSS"), time.perf_counter(), time.process_time()
    act()
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - worked
    return {"seconds": seconds, "cpu_s": cpu_s, "mib_above_start": (memory("VmHWM") - start) / (1 << 20)}


def measured(folder):
    """For each direction and way, medians; `times_boto3` is the median of the ratios within a round."""
    took = {(direction, way): [] for direction in ("write", "read") for way in WAYS}
    with s3_server(folder) as server, reached_at(server.url):
        bucket = server.bucket("transfers")
        for number in range(ROUNDS):
            for direction in ("write", "read"):
                turn = number % len(WAYS)
                for way in WAYS[turn:] + WAYS[:turn]:
                    took[direction, way].append(child(way, direction, f"s3://{bucket}/{way}", folder))
            for way in WAYS:
                server.client.delete_object(Bucket=bucket, Key=way)
    for (direction, way), each in took.items():
        ratios = [one["seconds"] / other["seconds"] for one, other in zip(each, took[direction, "boto3"], strict=True)]
        figures = {name: statistics.median(one[name] for one in each) for name in each[0]}
        figures["mib_above_start"] = max(one["mib_above_start"] for one in each)
        yield direction, way, {**figures, "times_boto3": statistics.median(ratios), "n": len(each)}


def child(way, direction, url, folder):
    """Do it in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.transfers", way, direction, url]
    environment = {**os.environ, "TMPDIR": str(folder)}
    done = subprocess.run(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.stdout.write(json.dumps(once(*sys.argv[1:])))
