"""A real S3 server for measuring, and a proxy before it that counts requests: those that the tests use."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from s3_proxy import Proxy
from seaweed import KEY, SECRET, Seaweed


@contextlib.contextmanager
def s3_server(folder):
    """Start the server; gives it."""
    server = Seaweed(Path(tempfile.mkdtemp(prefix="seaweed-", dir=folder)))
    try:
        yield server.ready()
    finally:
        server.end()


@contextlib.contextmanager
def reached_at(url):
    """boto3 finds the server at `url`, here and in what is started from here."""
    names = {"AWS_ENDPOINT_URL_S3": url, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    names["AWS_DEFAULT_REGION"] = "us-east-1"
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def counted(server):
    """boto3 reaches the server through a proxy; gives the list of what it is asked."""
    with Proxy(server.url) as proxy, reached_at(proxy.url):
        yield proxy.asked
