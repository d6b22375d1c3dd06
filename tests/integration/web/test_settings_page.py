"""The pages of settings over HTTP: tokens, notification rules, changes, and what the service says of itself."""

import csv
import html
import io
import re
import time

import pytest
from reader import send, text
from receivers import Receiver
from served import service

from trigger_service.client import Client
from trigger_service.config import Environment, Settings
from trigger_service.domain.files import Inbox
from trigger_service.domain.outside import Smtp
from trigger_service.effective import effective


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with service(tmp_path_factory.mktemp("settings") / "home") as served:
        yield served


@pytest.fixture
def http(running):
    return running.app.test_client()


def audit(http, subject):
    return [(row["action"], row["actor"]) for row in http.get(f"/api/v1/audit?subject={subject}").json["items"]]


def test_a_token_is_made_shown_once_used_and_revoked_and_both_are_on_record(http):
    # When
    made = send(http, "/settings/tokens", name="ci", scope="run", expires="30d")
    # Then
    secret = re.search(r'id="token"[^>]*>(lt_[\w-]{43})<', made.text)[1]
    assert (made.status_code, made.headers["Cache-Control"]) == (200, "no-store")
    bearer = {"Authorization": f"Bearer {secret}"}
    assert http.get("/limits", headers=bearer).status_code == 200
    assert send(http, "/settings/tokens", name="ci", scope="run", expires="1d").status_code == 409
    listed = http.get("/settings/tokens")
    assert secret not in listed.text
    assert "ci Valid run" in text(listed)
    # And when it is revoked
    token_id = re.search(r'name="id" value="(\d+)"', listed.text)[1]
    gone = send(http, "/settings/tokens/revoke", id=token_id)
    # Then
    assert (gone.status_code, gone.headers["Location"]) == (303, "/settings/tokens")
    assert http.get("/limits", headers=bearer).status_code == 401
    assert send(http, "/settings/tokens/revoke", id=token_id).status_code == 409
    assert audit(http, "token ci") == [("token revoked", "form 127.0.0.1"), ("token made", "form 127.0.0.1")]
    assert secret not in http.get("/api/v1/audit").text


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"name": "7up", "scope": "run"}, "f-name", "'7up' is no name of a token"),
        ({"name": "x", "scope": "all"}, "f-scope", "'all' is no scope"),
        ({"name": "x", "scope": "run", "expires": "soon"}, "f-expires", "last day to come (2031-12-31) or never"),
        ({"name": "x", "scope": "run", "expires": "2001-01-01"}, "f-expires", "not '2001-01-01'"),
    ],
)
def test_what_is_wrong_with_a_token_stands_beside_its_field(http, fields, field, said):
    refused = send(http, "/settings/tokens", **fields)
    assert refused.status_code == 422
    told = re.search(rf'<p class="field-error" id="{field}-error">.*?</svg>(.*?)</p>', refused.text)
    assert said in html.unescape(told[1])


def test_who_is_no_admin_sees_no_tokens_and_makes_none(running, http):
    _, secret = running.services.credentials.create("reader", "read", time.time() + 99, "test")
    bearer = {"Authorization": f"Bearer {secret}"}
    page = http.get("/settings/tokens", headers=bearer)
    assert "one with the scope admin" in text(page)
    assert "form_token" not in page.text
    assert "ID" not in text(page)
    assert http.get("/settings/tokens?as=csv", headers=bearer).status_code == 403


def test_a_rule_is_made_changed_tried_paused_and_removed(http, tmp_path):
    with Receiver() as receiver:
        # When it is made
        fields = {"name": "ops", "events": ["failed", "late"], "channel.kind": "webhook", "channel.url": receiver.url}
        made = send(http, "/settings/notifications", **fields)
        # Then
        secret = re.search(r'id="whsec"[^>]*>(whsec_[^<]+)<', made.text)
        assert made.status_code == 200
        assert secret
        assert send(http, "/settings/notifications", **fields).status_code == 409
        # And when it is tried
        assert send(http, "/settings/notifications/ops/test").headers["Location"] == "/settings/notifications/ops#log"
        shown = http.get("/settings/notifications/ops")
        assert re.search(r"Sent .*test", text(shown))
        assert len(receiver.came) == 1
        assert secret[1] not in shown.text
    rows = list(csv.DictReader(io.StringIO(http.get("/settings/notifications/ops?as=csv").text)))
    assert [(row["event"], row["state"]) for row in rows] == [("test", "sent")]
    # And when it is changed, the address and the secret stay
    changed = {"events": "long", "channel.kind": "webhook", "pipelines": "Hello, Da*", "labels": "team=data"}
    assert send(http, "/settings/notifications/ops", **changed).status_code == 303
    rule = http.get("/api/v1/notifications/ops").json
    assert (rule["events"], rule["pipelines"], rule["labels"]) == (["long"], ["Hello", "Da*"], {"team": "data"})
    assert "ops a run takes long Hello, Da* team=data" in text(http.get("/settings/notifications"))
    # And when it is paused and removed
    send(http, "/settings/notifications/ops/pause", paused="yes")
    assert http.get("/api/v1/notifications/ops").json["paused"]
    assert send(http, "/settings/notifications/ops/remove").status_code == 303
    assert http.get("/settings/notifications/ops").status_code == 404
    assert "Nobody is told of anything" in text(http.get("/settings/notifications"))


def test_what_is_wrong_with_a_rule_stands_beside_its_field_and_no_secret_comes_back(http):
    # When
    sent = {"name": "no good", "channel.kind": "slack", "channel.secret": "whsec_5ecret", "late_s": "soon"}
    refused = send(http, "/settings/notifications", **sent)
    # Then
    assert refused.status_code == 422
    told = dict(re.findall(r'<p class="field-error" id="f-([\w-]+)-error">.*?</svg>(.*?)</p>', refused.text))
    assert set(told) == {"events", "late_s"}
    assert "5ecret" not in refused.text
    sent = {**sent, "events": "failed", "late_s": "60"}
    told = send(http, "/settings/notifications", **sent)
    fields = dict(re.findall(r'<p class="field-error" id="f-([\w-]+)-error">.*?</svg>(.*?)</p>', told.text))
    assert set(fields) == {"name", "channel-url", "channel-secret"}
    assert http.get("/settings/notification/new").status_code == 200


def test_changes_are_found_by_who_and_what_page_by_page(running, http):
    # Given
    for slots in range(1, 61):
        running.services.pools.resize("audited", slots, "form ada")
    # When
    first = http.get("/settings/audit?q=audited form")
    # Then
    assert len(re.findall("data-row", first.text)) == 50
    assert "slots 59 → 60" in text(first)
    older = html.unescape(re.search(r'href="(/settings/audit[^"]*before=\d+)"', first.text)[1])
    assert len(re.findall("data-row", http.get(older).text)) == 10
    assert "No change is like this" in text(http.get("/settings/audit?q=nobody"))
    rows = list(csv.DictReader(io.StringIO(http.get("/settings/audit?as=csv&subject=pool audited").text)))
    assert (len(rows), rows[0]["before"], rows[0]["after"]) == (60, '{"slots": 59}', '{"slots": 60}')
    assert http.get("/settings/audit?before=x").status_code == 422


def test_a_change_leads_to_what_was_changed_as_long_as_that_is_there(tmp_path):
    # Given one of each kind, of which some are removed
    with service(tmp_path / "home", inboxes={"in": Inbox(str(tmp_path))}) as running:
        sources = {
            "hook": {"kind": "webhook"},
            "watch": {"kind": "file", "inbox": "in", "pattern": r"(?P<who>\w+)"},
            "gone": {"kind": "file", "inbox": "in", "pattern": r"(?P<who>\w+)"},
            "after": {"kind": "pipeline", "pipelines": ["Daily"]},
        }
        with Client(running.url) as client:
            for name, source in sources.items():
                client.sensors.save(name, body={"pipeline": "Hello", "source": source, "mapping": {"who": "/who"}})
            client.sensors.remove("gone")
            timing = {"kind": "interval", "expression": "1 hour"}
            client.schedules.save(
                "soon", body={"pipeline": "Daily", "parameters": {"day": "2013-01-01"}, "timing": timing}
            )
        running.services.pools.resize("slow", 2, "form ada")
        http = running.app.test_client()
        page = http.get("/settings/audit").text
        links = dict(re.findall(r'<a href="([^"]+)">(?=\w+ \w+</a></td>)([^<]+)', page))
        # Then
        assert links == {
            "/webhooks/hook": "sensor hook",
            "/files/watch": "sensor watch",
            "/upstreams/after": "sensor after",
            "/schedules/soon": "schedule soon",
            "/limits": "pool slow",
        }
        assert "sensor gone" in page
        assert {http.get(address).status_code for address in links} == {200}


def test_what_is_kept_is_told_with_its_present_size(running, http):
    assert "looked at for the first time soon" in text(http.get("/settings"))
    running.services.housekeeper.look()
    shown = text(http.get("/settings"))
    assert re.search(r"Room on the disk 20 GiB [0-9.]+ [kM]B size", shown)
    assert "Age of a run 365 days" in shown
    assert "Version" in shown


def test_settings_that_are_shown_have_no_secret_in_them(tmp_path):
    settings = Settings(
        tmp_path,
        own_secret="5ecret",
        smtp=Smtp("mail.example", password_variable="MAIL_PASSWORD"),
        environments={"staging": Environment(variables={"DB": "5ecret"}, roots={"ROOT": "s3://k:5ecret@x"})},
    )
    told = effective(settings)
    assert "5ecret" not in str(told)
    assert told["environment:staging"]["variables"] == "DB"
    assert told["mail"]["password_variable"] == "MAIL_PASSWORD"
    assert told["trigger_service"]["requests_per_second"] == "200"
    assert told["retention"]["days"] == "365"
