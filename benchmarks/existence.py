"""Whether ten thousand targets exist: asked in bulk, and one by one through Luigi."""

import statistics
import time
from pathlib import Path

import luigi
from luigi.contrib import s3

from benchmarks.storage import counted, reached_at, s3_server
from targets import AtomicLocalTarget, existing, open_target

COUNT, ROUNDS = 10_000, 9
#: Keys that Luigi is asked for: each takes it so long that ten thousand would take minutes.
KEYS_ONE_BY_ONE = 200


def timed(question):
    """Seconds that it takes, and the answer."""
    began = time.perf_counter()
    answer = question()
    return time.perf_counter() - began, answer


def of_files(folder, there):
    """Pairs of seconds, in bulk and one by one through Luigi, for files that are all there, or all missing."""
    folder = folder / ("there" if there else "missing")
    folder.mkdir()
    paths = [str(folder / f"part-{number:05}.csv") for number in range(COUNT)]
    for path in paths if there else ():
        Path(path).touch()
    ours = [AtomicLocalTarget(path) for path in paths]
    stock = [luigi.LocalTarget(path) for path in paths]
    for _ in range(ROUNDS):
        one_by_one_s, expected = timed(lambda: [target.exists() for target in stock])
        bulk_s, answers = timed(lambda: existing(ours))
        if answers != expected or any(answers) != there:
            raise RuntimeError("wrong answers")
        yield bulk_s, one_by_one_s


def of_keys(folder):
    """Seconds and requests for missing keys, in bulk and one by one through Luigi, who is asked for some of them."""
    with s3_server(folder) as server:
        bucket = server.bucket("existence")
        server.client.put_object(Bucket=bucket, Key="parts/2013/00001-other.csv", Body=b"")
        urls = [f"s3://{bucket}/parts/{number:05}/data.csv" for number in range(COUNT)]
        ours, few = [open_target(url) for url in urls], urls[:KEYS_ONE_BY_ONE]
        with reached_at(server.url):
            existing(ours[:1])  # a client is made once in a process
            bulk = [timed(lambda: existing(ours))[0] for _ in range(ROUNDS)]
            one_by_one_s = timed(lambda: [s3.S3Target(url).exists() for url in few])[0]
        with counted(server) as asked:
            existing([open_target(url) for url in urls])
            ours_asked = len(asked)
            [s3.S3Target(url).exists() for url in few]
            stock_asked = len(asked) - ours_asked
    return {
        "requests": ours_asked,
        "requests_of_luigi": stock_asked * COUNT // KEYS_ONE_BY_ONE,
        "seconds": statistics.median(bulk),
        "seconds_of_luigi": one_by_one_s * COUNT / KEYS_ONE_BY_ONE,
        "times_faster": one_by_one_s * COUNT / KEYS_ONE_BY_ONE / statistics.median(bulk),
    }
