import contextlib
import os
import shutil
import signal
import time
import uuid

import pytest
from flights_archive import cached_archive, locked
from luigid_process import LuigidProcess
from plain_command import luigi_command
from product import Product
from small_disks import small_disks

from trigger_service.domain.imports import imports
from trigger_service.runner.spool import MEMORY, PREFIX, RUN, remove_orphans


def pytest_configure():
    """What tests start must heed an interrupt, also where they themselves were started deaf to it (`make test &`)."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Thousands of tests, which stay: the garbage collector would look through them for a third of the time."""
    with imports():
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def _memory(tmp_path_factory):
    """Output of runs that no pump has seen to the end is kept in memory: it goes with the folders of the tests.

    That of tests which were killed altogether goes when pytest has deleted their folders, three sessions later.
    """
    remove_orphans(time.time())
    yield
    for link in MEMORY.glob(f"{PREFIX}*/{RUN}"):
        with contextlib.suppress(FileNotFoundError):  # a pump has removed it
            if tmp_path_factory.getbasetemp() in link.readlink().parents:
                shutil.rmtree(link.parent)


@pytest.fixture(scope="module")
def disk():
    """Mounts a small disk on a folder."""
    with small_disks() as mount:
        yield mount


@pytest.fixture(scope="session")
def archive_path():
    """The real archive of the flights."""
    return cached_archive()


@pytest.fixture(scope="session")
def january(archive_path, tmp_path_factory):
    """A data folder with a finished report of January, made by the plain luigi command; only to be read."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "january"
    with locked(folder.with_suffix(".lock")):  # once for all processes
        if not folder.exists():
            folder.mkdir()
            (folder / "luigi.cfg").write_text(f"[flights]\narchive = {archive_path}\n")
            report = ("FlightsReport", "--month", "2013-01")
            assert luigi_command(folder, "tasks.flights", *report, "--local-scheduler") == 0
    return folder / "data" / "flights"


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory):
    """A real S3 server, shared by all tests of a process, each of which has a bucket of its own."""
    from seaweed import Seaweed  # noqa: PLC0415 (slow to import, and few tests need it)

    server = Seaweed(tmp_path_factory.mktemp("seaweed"))
    try:
        yield server.ready()
    finally:
        server.end()


@pytest.fixture(scope="session")
def postgres_server():
    """A real PostgreSQL server, shared by all tests of a process."""
    from postgres import Postgres  # noqa: PLC0415 (few tests need it)

    server = Postgres()
    try:
        yield server.ready()
    finally:
        server.end()


@pytest.fixture
def postgres(postgres_server):
    """The URL of an empty PostgreSQL database of its own, for SQLAlchemy."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def s3(seaweed, monkeypatch):
    """The URL of an empty bucket of the test's own; boto3 finds the server and its credentials in the environment."""
    from seaweed import KEY, SECRET  # noqa: PLC0415 (as above)

    names = {"AWS_ENDPOINT_URL_S3": seaweed.url, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    for name, value in {**names, "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    return f"s3://{seaweed.bucket(f'test-{uuid.uuid4()}')}"


@pytest.fixture(scope="session")
def shared_luigid(tmp_path_factory):
    """The product's luigid, shared by all tests of a process: for tests that spare it and have tasks of their own."""
    luigid = LuigidProcess(tmp_path_factory.mktemp("luigid"))
    try:
        yield luigid.start()
    finally:
        luigid.kill()


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """`luigi-trigger up`, running, shared by all tests of a process: for tests that leave it as they found it."""
    # all tests are one address, which may ask as fast as it can
    settings = "requests_per_second = 0\n\n[notifications]\nallow_private = true\n\n[inbox:in]\nurl = in"
    product = Product(tmp_path_factory.mktemp("service"), settings)
    (product.folder / "in").mkdir()
    try:
        yield product.start()
    finally:
        product.end()


@pytest.fixture
def product(tmp_path):
    """A project on which `luigi-trigger up` can be started, killed and started again. Whatever it is, it is ended."""
    made = Product(tmp_path)
    try:
        yield made
    finally:
        made.end()
