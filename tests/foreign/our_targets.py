"""A pytest plugin for Luigi's own tests of its targets: where OURS is set, these are the product's.

Their S3 is a real server, which the environment names, in place of `moto`: it has no buckets when a test begins.
"""

import os
import sys
import unittest.mock
from pathlib import Path
from types import ModuleType, SimpleNamespace

import boto3
import luigi
import luigi.contrib.s3

from targets import AtomicLocalTarget
from targets.errors import TargetMissing
from targets.s3 import S3Target


class Server:
    """Stands for a mock of moto's: what it starts with is nothing."""

    def __init__(self, decorated=None):
        """As a decorator it has only to let itself be written there: such tests are of Luigi's own client."""

    def start(self):
        """Remove all buckets that the test before has left."""
        for bucket in boto3.resource("s3").buckets.all():
            bucket.objects.all().delete()
            bucket.delete()

    def stop(self):
        """Leave it."""


class StockClient(luigi.contrib.s3.S3Client):
    """With which the tests put objects: its keys are those of the real server, whatever the tests say."""

    def __init__(self, *keys, **options):
        super().__init__(**options)


class OurTarget(S3Target):
    """Made as Luigi's own is: it takes a client, which ours has for itself, and whatever moto would be told."""

    def __init__(self, path, format=None, client=None, **options):
        super().__init__(path, format=format)


def pytest_runtest_logreport(report):
    """Write each outcome into the file OUTCOMES: `call passed test/target_test.py::TemporaryPathTest::test_x`."""
    with Path(os.environ["OUTCOMES"]).open("a") as file:
        file.write(f"{report.when} {report.outcome} {report.nodeid}\n")


def module(name, **content):
    """Let a module be imported."""
    sys.modules[name] = ModuleType(name)
    vars(sys.modules[name]).update(content)


# Luigi's tests import the package `mock`, which is the library's own by now, and packages whose place is taken here
sys.modules["mock"] = unittest.mock
module("moto", mock_s3=Server, mock_sts=lambda: SimpleNamespace(start=lambda: None, stop=lambda: None))
module("boto")
module("boto.s3", key=SimpleNamespace(Key=SimpleNamespace(BufferSize=8192)))
luigi.contrib.s3.S3Client = StockClient
if os.environ.get("OURS"):
    luigi.LocalTarget = AtomicLocalTarget
    luigi.contrib.s3.S3Target = OurTarget
    luigi.contrib.s3.FileNotFoundException = TargetMissing
