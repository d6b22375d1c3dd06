"""Clients of boto3: one for each process, way to reach the server, and credentials; none outlives a fork."""

import os
import threading
from dataclasses import replace
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.loaders import create_loader
from botocore.session import get_session

from targets.s3_settings import S3Options

#: Connections that a client keeps beside those of one writer or reader.
_MORE_CONNECTIONS = 10


class Clients:
    """Makes a client when it is first asked for, and gives the same one again."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: after a fork, since a connection that two processes use gives each the other's answers."""
        self._lock = threading.RLock()  # a writer that is dropped while a client is made wants one to abort its upload
        self._loader: Any = None  # has read what boto3 knows of S3, which takes ten times as long as all else
        self._made: dict[tuple[S3Options, int], Any] = {}

    def client(self, options: S3Options) -> Any:
        """The client for these options and for the credentials that the environment names now."""
        where = replace(options, encryption="", kms_key="", part_mib=8)
        chain = hash(tuple(sorted(item for item in os.environ.items() if item[0].startswith("AWS_"))))
        with self._lock:
            if (where, chain) not in self._made:
                self._made[where, chain] = self._new(where)
            return self._made[where, chain]

    def _new(self, options: S3Options) -> Any:
        session: Any = get_session()
        if self._loader is None:
            self._loader = create_loader(session.get_config_variable("data_path"))
        session.register_component("data_loader", self._loader)
        return _made(session, options)


def _made(session: Any, options: S3Options) -> Any:
    if options.profile:
        session.set_config_variable("profile", options.profile)
    if options.role_arn:
        session._credentials = _assumed(session, options)
    retries: Any = {"total_max_attempts": options.max_attempts, "mode": options.retries}
    config = Config(
        connect_timeout=options.connect_timeout_s,
        read_timeout=options.read_timeout_s,
        retries=retries,
        max_pool_connections=_MORE_CONNECTIONS + 2 * options.concurrency,
        tcp_keepalive=True,
    )
    made = boto3.Session(botocore_session=session, region_name=options.region or None)
    client = made.client("s3", endpoint_url=options.endpoint_url or None, config=config)
    if client.meta.endpoint_url.startswith("http:"):  # the signature has a checksum of the bytes in it already
        client.meta.config.request_checksum_calculation = "when_required"
    return client


def _assumed(session: Any, options: S3Options) -> Any:
    """Credentials of a role, taken when they are first needed, and again before they expire."""
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=session.create_client,
        source_credentials=session.get_credentials(),
        role_arn=options.role_arn,
        extra_args={"RoleSessionName": f"luigi-targets-{os.getpid()}"},
    )
    return DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method="assume-role")


#: The clients of this process.
clients = Clients()
os.register_at_fork(after_in_child=clients.forget)
