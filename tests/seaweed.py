"""A real S3 server: SeaweedFS, in a folder of its own, on free ports of the loopback."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from polling import until

KEY, SECRET = "test", "testsecret"
#: What it takes of each port P: P itself, and P + 10000 for its own calls.
_ALSO = 10_000
#: Where it leaves its sockets, whatever it is told.
_SOCKETS = Path("/tmp")
_IDENTITY = {"name": "t", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}


#: A bucket takes one volume at first, and not seven: tests have many.
_GROWTH = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}


class Seaweed:
    """An S3 server that is running; `end` kills it."""

    def __init__(self, folder):
        (folder / "s3.json").write_text(json.dumps({"identities": [_IDENTITY]}))
        (folder / "data").mkdir()
        self._ports = dict(zip(("master", "volume", "filer", "s3"), _free_ports(4), strict=True))
        self.url = f"http://127.0.0.1:{self._ports['s3']}"
        command = [
            str(Path(sys.executable).with_name("weed")),
            "server",
            f"-dir={folder / 'data'}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-filer",
            "-s3",
            *(f"-{name}.port={port}" for name, port in self._ports.items()),
            f"-s3.config={folder / 's3.json'}",
            "-master.volumeSizeLimitMB=64",
            "-master.volumePreallocate=false",
            "-master.telemetry=false",
            "-volume.max=2000",
            # further servers, whose ports are always the same
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ]
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=folder, env={**os.environ, **_GROWTH}, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        self.client = self._client()

    def ready(self):
        """Wait until it answers; gives itself."""
        until(self._answers, "an answer of SeaweedFS")
        return self

    def bucket(self, name):
        """Make a bucket; gives its name."""
        self.client.create_bucket(Bucket=name)
        return name

    def end(self):
        """Kill it, which it takes as well as anything, and remove its sockets."""
        self.client.close()
        self._process.kill()
        self._process.wait(30)
        for port in self._ports.values():
            for each in (port, port + _ALSO):
                for left in _SOCKETS.glob(f"seaweedfs-*-{each}.sock"):
                    left.unlink(missing_ok=True)

    def _answers(self):
        assert self._process.poll() is None, "SeaweedFS has ended"
        with contextlib.suppress(BotoCoreError, ClientError):
            return self.client.list_buckets()

    def _client(self):
        config = Config(retries={"total_max_attempts": 5, "mode": "standard"}, connect_timeout=5, read_timeout=20)
        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
        return boto3.client("s3", endpoint_url=self.url, config=config, **keys)


def _free_ports(count):
    """Ports that are free, and so are those that go with them."""
    found = []
    with contextlib.ExitStack() as held:
        while len(found) < count:
            port = _hold(held, 0)
            if port + _ALSO < 2**16 and _hold(held, port + _ALSO):
                found.append(port)
    return found


def _hold(held, port):
    """Bind a port until the stack is left; 0 where it is taken."""
    one = held.enter_context(socket.socket())
    try:
        one.bind(("127.0.0.1", port))
    except OSError:
        return 0
    return one.getsockname()[1]
