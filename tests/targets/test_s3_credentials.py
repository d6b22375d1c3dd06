"""Credentials of targets in S3 come from boto3's own places, renew themselves, and are never told."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from s3_proxy import Proxy, answer

from targets import errors, open_target
from targets.s3_client import clients

_ROLE = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>key{number}</AccessKeyId><SecretAccessKey>hush{number}</SecretAccessKey>
<SessionToken>token{number}</SessionToken><Expiration>{until}</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""


@pytest.fixture
def proxy(seaweed):
    with Proxy(seaweed.url) as running:
        yield running


def test_the_credentials_of_a_role_are_taken_anew_before_they_expire(s3, proxy, monkeypatch):
    """Of stand-ins for both servers: the real one here knows no roles."""
    given = []

    def assume(handler, asked, body):
        assert b"role%2Floader" in body
        given.append(len(given) + 1)
        life = timedelta(minutes=1 if len(given) == 1 else 600)
        until = (datetime.now(UTC) + life).isoformat()
        handler.answer(200, {"Content-Type": "text/xml"}, _ROLE.format(number=len(given), until=until).encode())

    proxy.spoil("begin", assume, times=9)
    proxy.spoil("head", answer(404, "NoSuchKey"), times=9)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", proxy.url)
    role = "arn:aws:iam::123456789012:role/loader"
    target = open_target(f"{s3}/out", endpoint_url=proxy.url, role_arn=role)
    # When it is asked three times, the first credentials being about to expire
    for _ in range(3):
        assert not target.exists()
    # Then the second ones are taken, and kept
    tokens = [each.headers["x-amz-security-token"] for each in proxy.asked if each.kind == "head"]
    assert tokens[1:] == ["token2", "token2"]
    assert given == [1, 2]


def test_a_wrong_secret_a_missing_bucket_and_missing_credentials_are_told(s3, monkeypatch, tmp_path):
    target = open_target(f"{s3}/out", format="bytes")
    with pytest.raises(errors.BucketMissing, match="there is no bucket no-such-bucket"):
        open_target("s3://no-such-bucket/key").open("r")
    with pytest.raises(errors.StorageUnreachable, match="endpoint_url is right"):
        open_target(target.url, endpoint_url="http://127.0.0.1:1", max_attempts=1).exists()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(errors.CredentialsWrong, match="SignatureDoesNotMatch"):
        target.open("r")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    with pytest.raises(errors.CredentialsWrong, match="InvalidAccessKeyId"):
        target.open("r")
    with pytest.raises(errors.NoPermission, match="403"):  # HEAD brings no more
        target.exists()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name, value in {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(errors.CredentialsMissing, match="boto3 looks for them in the"):
        target.exists()
    with pytest.raises(errors.CredentialsMissing, match="nobody-here"):
        open_target(target.url, profile="nobody-here").exists()


def test_one_client_is_made_for_each_way_to_the_server_and_none_outlives_a_fork(s3, monkeypatch):
    one, other = open_target(f"{s3}/one"), open_target(f"{s3}/other", part_mib=16)
    assert one.object.client is other.object.client
    assert open_target(f"{s3}/one", max_attempts=2).object.client is not one.object.client
    before = clients.client(one.object.options)
    child = os.fork()
    if child == 0:
        os._exit(int(clients.client(one.object.options) is before))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    assert one.object.client is not before


def test_no_secret_is_in_what_a_target_says_of_itself(s3, monkeypatch):
    with pytest.raises(ValueError, match="has a password in it") as refused:
        open_target(f"{s3}/out", endpoint_url="http://me:hush@127.0.0.1:1").exists()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://me:hush@127.0.0.1:1")
    target = open_target(f"{s3}/out", max_attempts=1)
    with pytest.raises(errors.StorageUnreachable) as told:
        target.exists()
    for text in (target.url, repr(target), str(target), str(told.value), str(refused.value)):
        assert "hush" not in text
        assert "testsecret" not in text
