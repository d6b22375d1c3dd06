"""Rows stream: memory does not grow with their number."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Writes rows as CSV, makes Parquet of it and reads that. Prints MiB: how far the process grew beyond what a thousandth
#: of the rows took, and the most that Arrow held.
PROGRAM = """
import resource, sys
import pyarrow as pa
from pydantic import BaseModel
from targets import open_target

class Wide(BaseModel):
    number: int
    text: str

count, width, by_rows = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "rows"

def rows(count):
    return (Wide(number=number, text=f"{number:0{width}}") for number in range(count))

def batches(count):
    for start in range(0, count, 1000):
        numbers = range(start, min(count, start + 1000))
        yield pa.record_batch([numbers, [f"{number:0{width}}" for number in numbers]], schema=source.schema)

def through(count):
    assert (source.write(rows(count)) if by_rows else source.write_batches(batches(count))) == count
    assert source.convert(typed) == count
    if by_rows:
        assert sum(1 for _ in typed.read()) == count
    else:
        assert sum(len(batch) for batch in typed.read_batches()) == count

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10

source, typed = open_target("rows.csv", model=Wide), open_target("rows.parquet", model=Wide)
through(count // 1000)
before = peak()
through(count)
print(peak() - before, pa.default_memory_pool().max_memory() >> 20)
"""


def memory_mib(folder, count, width, way):
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(count), str(width), way]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LUIGI_CONFIG_PATH": os.devnull}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return map(int, done.stdout.split())


def test_arrow_never_holds_a_whole_file_of_rows(tmp_path):
    _, arrow = memory_mib(tmp_path, 80_000, 2_000, "batches")  # 160 MB
    assert arrow < 110


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("way", ["rows", "batches"])
def test_ten_million_rows_of_a_gigabyte_take_a_fraction_of_it(tmp_path, way):
    growth, arrow = memory_mib(tmp_path, 10_000_000, 100, way)
    assert growth < 400
    assert arrow < 128
