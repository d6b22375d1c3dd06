"""File sensors on an S3 prefix, against a real S3 server; and what is said where it cannot be listed."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from seaweed import KEY, SECRET

from trigger_service.domain.errors import Unavailable
from trigger_service.domain.files import FileSource, Inbox
from trigger_service.domain.run import RunRequest
from trigger_service.domain.sensors import Sensor
from trigger_service.service.bucket import Bucket

CREDENTIALS = f"[good]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"


@pytest.fixture(autouse=True)
def profiles(tmp_path, monkeypatch):
    """Credentials as people have them: in files, by profile."""
    (tmp_path / "credentials").write_text(
        f"{CREDENTIALS}[wrong]\naws_access_key_id = {KEY}\naws_secret_access_key = x\n"
        "[unknown]\naws_access_key_id = nobody\naws_secret_access_key = x\n"
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def inbox(url, endpoint, **more):
    return Inbox(url, endpoint_url=endpoint, **{"region": "us-east-1", "profile": "good", **more})


def service_on(house, seaweed, bucket):
    seaweed.bucket(bucket)
    return house(inboxes={"lake": inbox(f"s3://{bucket}/raw/in", seaweed.url)})


def put(seaweed, bucket, *names, body=b"x"):
    for name in names:
        seaweed.client.put_object(Bucket=bucket, Key=f"raw/in/{name}", Body=body)


def save(service, name="arrivals", **source):
    source = FileSource(**{"inbox": "lake", "pattern": r"(.*/)?(?P<n>\d+)\.csv", **source})
    return service.sensors.save(Sensor(name, source, RunRequest("Work"), {"n": "/groups/n", "month": "/url"}), "ada")


def look(service):
    service.automation.inboxes.look("lake", time.time())
    service.sensors.look()
    found = service.sensors.deliveries("arrivals", None, 500)[::-1]
    assert {each.state for each in found} <= {"started"}
    return [each.key.partition("/raw/in/")[2].partition(" ")[0] for each in found]


def test_an_object_becomes_a_run_as_soon_as_it_is_there_and_once(house, seaweed):
    # Given
    service = service_on(house, seaweed, "arriving")
    save(service, changed=True)
    put(seaweed, "arriving", "1.csv", "sub/2.csv", ".hidden/3.csv", "4.csv.part", "folder/", "other.txt")
    seaweed.client.put_object(Bucket="arriving", Key="raw/inner/5.csv", Body=b"")
    # When
    assert look(service) == ["1.csv", "sub/2.csv"]
    put(seaweed, "arriving", "1.csv")
    assert look(service) == ["1.csv", "sub/2.csv"]
    put(seaweed, "arriving", "1.csv", body=b"changed")
    # Then
    assert look(service) == ["1.csv", "sub/2.csv", "1.csv"]
    (last, _, first) = service.sensors.deliveries("arrivals", None, 9)
    assert service.run(first.run_id).texts == {"n": "1", "month": "s3://arriving/raw/in/1.csv"}
    assert service.run(last.run_id).texts == service.run(first.run_id).texts


@pytest.mark.long
def test_pages_of_a_thousand_are_read_to_the_end(house, seaweed):
    service = service_on(house, seaweed, "paged")
    put(seaweed, "paged", *(f"{number:04}.csv" for number in range(1100)))
    save(service)

    service.automation.inboxes.look("lake", time.time())

    files = service.automation.inboxes.files
    assert len(files("arrivals", "taken", "", 2000)) == 1100
    assert [file.path for file in files("arrivals", "taken", "1097.csv", 9)] == ["1098.csv", "1099.csv"]


@pytest.mark.long
def test_where_names_only_grow_what_follows_the_last_is_listed(house, seaweed):
    # Given
    service = service_on(house, seaweed, "growing")
    save(service, ordered=True)
    put(seaweed, "growing", "10.csv", "20.csv", "20.txt")
    assert look(service) == ["10.csv", "20.csv"]
    # When
    put(seaweed, "growing", "15.csv", "30.csv")
    # Then what does not keep to that is not seen
    assert look(service) == ["10.csv", "20.csv", "30.csv"]
    # Until the pattern is another one: then everything is looked at again, and taken once
    save(service, ordered=True, pattern=r"(?P<n>\d\d)\.csv")
    assert look(service) == ["10.csv", "20.csv", "30.csv", "15.csv"]


@pytest.mark.long
def test_where_names_only_grow_what_waits_is_not_passed_over(house, seaweed):
    service = service_on(house, seaweed, "waiting")
    save(service, ordered=True, settle_s=5.0)
    inboxes = service.automation.inboxes
    put(seaweed, "waiting", "10.csv")
    inboxes.look("lake", 1000.0)
    put(seaweed, "waiting", "20.csv", "30.txt")
    inboxes.look("lake", 1004.0)
    inboxes.look("lake", 1005.0)
    states = {file.path: file.state for file in inboxes.files("arrivals", None, "", 9)}
    assert states == {"10.csv": "taken", "20.csv": "new"}

    inboxes.look("lake", 1009.0)

    assert {file.state for file in inboxes.files("arrivals", None, "", 9)} == {"taken"}


@pytest.mark.long
@pytest.mark.parametrize(
    ("bucket", "profile", "said"),
    [
        ("nowhere", "good", "there is no bucket nowhere; make it, or correct url"),
        ("there", "wrong", "the secret key does not fit the access key"),
        ("there", "unknown", "the access key is not known there"),
        ("there", "none", r"The config profile \(none\) could not be found"),
        ("there", "", "Unable to locate credentials"),
        ("no_bucket/..", "good", "Invalid bucket name|there is no bucket"),
    ],
)
def test_what_keeps_a_prefix_from_being_listed_is_said_with_the_mend(seaweed, bucket, profile, said):
    if bucket == "there" and bucket not in [each["Name"] for each in seaweed.client.list_buckets()["Buckets"]]:
        seaweed.bucket(bucket)

    with pytest.raises(Unavailable, match=said):
        list(Bucket(inbox(f"s3://{bucket}/in", seaweed.url, profile=profile)).files(""))


class Refusing(BaseHTTPRequestHandler):
    """Answers as S3 does for a bucket of another region, or of somebody else: what SeaweedFS has not."""

    def do_GET(self):
        status, code = (403, "AccessDenied") if "denied" in self.path else (301, "PermanentRedirect")
        body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amz-bucket-region", "eu-west-1")
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_):
        return None


@pytest.mark.parametrize(
    ("bucket", "said"),
    [
        ("denied", "the credentials may not list the bucket denied; allow s3:ListBucket"),
        ("moved", r"the bucket moved is in another region \(eu-west-1\); correct region"),
    ],
)
def test_a_bucket_of_others_or_elsewhere_is_said_with_the_mend(bucket, said):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with pytest.raises(Unavailable, match=said):
            list(Bucket(inbox(f"s3://{bucket}/in", f"http://127.0.0.1:{server.server_port}")).files(""))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_address_that_nobody_answers_is_said():
    with pytest.raises(Unavailable, match="Could not connect to the endpoint URL"):
        list(Bucket(inbox("s3://lake/in", "http://127.0.0.1:1")).files(""))
    with pytest.raises(Unavailable, match="Invalid endpoint"):
        list(Bucket(inbox("s3://lake/in", "127.0.0.1:1")).files(""))
