"""The pages of webhooks, file watches and upstream triggers over HTTP."""

import html
import json
import re
import time

import pytest
from reader import send, text
from served import service

from trigger_service.domain.files import Inbox
from trigger_service.domain.run import RunRequest
from trigger_service.domain.sensors import Sensor
from trigger_service.domain.signatures import WebhookSource, sign
from trigger_service.domain.upstream import PipelineSource

PAYLOAD = {"ref": "refs/heads/main", "sender": "ada"}
#: The fields of a webhook that can be made.
HOOK = {
    "pipeline": "Hello",
    "source.scheme": "standard",
    "mapping.who": "/sender",
    "parameters.times": "2",
    "filter": '{"pointer": "/ref", "equals": "refs/heads/main"}',
}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("incoming")
    with service(tmp_path_factory.mktemp("sensors") / "home", inboxes={"incoming": Inbox(str(folder))}) as served:
        served.folder = folder
        yield served


@pytest.fixture
def http(running):
    return running.app.test_client()


def secret_in(answer):
    """The secret that a page shows."""
    found = re.search(r'id="secret">(.*?)</pre>', answer.text)
    return found and html.unescape(found[1])


def deliver(http, name, secret, payload, delivery):
    body = json.dumps(payload).encode()
    headers = sign(WebhookSource(), secret, body, delivery, time.time())
    return http.post(f"/hooks/{name}", data=body, headers=headers, content_type="application/json")


def test_a_webhook_that_is_called_new_has_a_page(http):
    send(http, "/webhook/new", name="new", **HOOK)
    assert "<h1>new</h1>" in http.get("/webhooks/new").text
    assert send(http, "/webhooks/new/remove").status_code == 303


def test_a_webhook_is_made_and_its_secret_is_shown_once_and_good(running, http):
    # When
    made = send(http, "/webhook/new", name="reports", **HOOK)
    # Then its secret is in this answer alone
    secret = secret_in(made)
    assert secret.startswith("whsec_")
    page = http.get("/webhooks/reports")
    assert secret not in page.text
    assert secret not in http.get("/api/v1/audit?subject=sensor reports").text
    # and the page says where to send to, and how to sign
    assert "http://localhost/hooks/reports" in text(page)
    assert 'webhook-signature: v1,$signature"' in text(page)
    # And what is delivered is shown with what became of it
    run_id = deliver(http, "reports", secret, PAYLOAD, "one").json["run_id"]
    deliver(http, "reports", secret, {**PAYLOAD, "ref": "side"}, "two")
    deliver(http, "reports", secret, {"ref": "refs/heads/main"}, "three")
    running.ended(run_id)
    shown = text(http.get("/webhooks/reports"))
    assert re.search(rf"Succeeded {run_id[:13]} after \d[\d.:]* (s )?one", shown)
    assert 'Skipped the filter refuses it: /ref is "side", expected "refs/heads/main" two' in shown
    assert re.search("Refused 1 parameter.*/sender is absent.* three", shown)
    assert [each["key"] for each in http.get("/webhooks/reports?as=json").json["items"]] == ["three", "two", "one"]
    listed = text(http.get("/webhooks"))
    assert "reports Hello times=2 who=/sender A POST to /hooks/reports, signed by Standard Webhooks Refused" in listed


def test_a_secret_is_rotated_and_the_old_one_stays_good_for_a_while(http):
    old = secret_in(send(http, "/webhook/new", name="rotated", **HOOK))
    new = secret_in(send(http, "/webhooks/rotated/secret", keep_old_for_s="60", secret=""))
    assert new not in (None, old)
    for number, secret in enumerate((old, new)):
        assert deliver(http, "rotated", secret, PAYLOAD, f"d{number}").status_code == 202
    # and one that is none is told at its field
    refused = send(http, "/webhooks/rotated/secret", keep_old_for_s="60", secret="short")
    assert (refused.status_code, "expected whsec_ and base64" in text(refused)) == (422, True)


def test_a_document_is_tried_and_nothing_is_started(http):
    send(http, "/webhook/new", name="tried", **HOOK)
    for document, said in (
        (json.dumps(PAYLOAD), "It would start Hello. times=2 who=ada"),
        ('{"ref": "side"}', 'The filter refuses it: /ref is "side", expected "refs/heads/main".'),
        ('{"ref": "refs/heads/main"}', "/sender is absent"),
        ("{", "This is not JSON: Expecting property name enclosed in double quotes at line 1, column 2."),
    ):
        answer = send(http, "/webhooks/tried/try", document=document)
        assert (answer.status_code, said in text(answer)) == (200, True), text(answer)
    assert http.get("/api/v1/sensors/tried/deliveries").json["items"] == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("mapping.who", "sender", "expected a JSON pointer"),
        ("parameters.times", "2", None),
        ("filter", "{", "This is not JSON"),
        ("filter", '{"equals": 5}', 'equals needs a "pointer"'),
        ("source.header", "X-Sig", "goes with the scheme hmac"),
        ("name", "no name", "is no name of a sensor"),
        ("secret", "short", "expected whsec_ and base64"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(http, field, value, said):
    refused = send(http, "/webhook/new", **{**HOOK, "name": "right" if said is None else "wrong", field: value})
    told = re.findall(rf'id="f-{field.replace(".", "-")}-error">.*?</svg>(.*?)</p>', refused.text)
    assert (refused.status_code, len(told)) == ((422, 1) if said else (200, 0))
    assert said is None or said in html.unescape(told[0])


def test_a_sensor_is_changed_paused_and_removed_and_its_secret_stays_what_it_was(http):
    # Given
    secret = secret_in(send(http, "/webhook/new", name="kept", **HOOK))
    # When it is changed
    changed = send(
        http, "/webhooks/kept", **{**HOOK, "filter": "", "mapping.who": '{"pointer": "/who", "default": "x"}'}
    )
    # Then
    assert changed.headers["Location"] == "/webhooks/kept?done=yes"
    shown = text(http.get(changed.headers["Location"]))
    assert "The change holds from now on." in shown
    assert "filter.pointer /ref → none" in shown
    assert deliver(http, "kept", secret, {}, "one").status_code == 202
    kept = http.get("/api/v1/sensors/kept").json
    assert (kept["mapping"], kept["filter"]) == ({"who": {"pointer": "/who", "default": "x"}}, None)
    # and the form has what is kept
    assert (
        html.escape('{"pointer": "/who", "default": "x"}').replace("&quot;", "&#34;") in http.get("/webhooks/kept").text
    )
    # And when it is paused, and removed
    send(http, "/webhooks/kept/pause", paused="yes")
    assert "Paused" in text(http.get("/webhooks/kept"))
    gone = send(http, "/webhooks/kept/remove")
    assert "kept is removed" in text(http.get(gone.headers["Location"]))
    assert http.get("/webhooks/kept").status_code == 404


def test_a_file_watch_takes_its_parameters_from_the_names_of_files_in_a_configured_inbox(running, http):
    # Given the form, which offers the inboxes of luigi.cfg and no other
    assert '<option value="incoming">incoming, a folder</option>' in http.get("/file/new?pipeline=Hello").text
    fields = {"pipeline": "Hello", "source.inbox": "incoming", "source.settle_s": "0"}
    fields |= {"source.pattern": r"(?P<who>[a-z]+)\.csv", "source.existing": "yes", "source.changed": "no"}
    # When
    made = send(http, "/file/new", name="arrivals", **fields)
    (running.folder / "ada.csv").write_text("1")
    running.services.automation.inboxes.look("incoming", time.time())
    running.services.automation.sensors.look()
    # Then
    page = http.get(made.headers["Location"])
    assert "Files in incoming. Then Hello starts." in text(page)
    assert re.search(r"Deliveries .*(Running|Succeeded|Queued|Starting) [0-9a-f-]{13} .*ada\.csv", text(page))
    listed = text(http.get("/files"))
    assert "arrivals Hello who=/groups/who Files in incoming (?P<who>[a-z]+)\\.csv" in listed
    assert "incoming folder, watched by arrivals" in listed
    # and what is wrong with a pattern is told with its position
    refused = send(http, "/file/new", name="wrong", **{**fields, "source.pattern": "(?P<who>a"})
    assert (refused.status_code, "position" in text(refused)) == (422, True)


def test_without_an_inbox_the_page_says_where_they_are_named(served):
    shown = text(served.app.test_client().get("/files"))
    assert "No inbox yet." in shown
    assert "[inbox:incoming]" in shown


def test_a_pipeline_starts_after_another_and_nothing_starts_itself(running, http):
    fields = {"pipeline": "Hello", "source.pipelines": "Daily, Gated", "mapping.who": "/id"}
    refused = send(http, "/upstream/new", name="after", **fields)
    assert "which successes of several pipelines go together has to be said" in text(refused)
    made = send(http, "/upstream/new", name="after", **fields, **{"source.match": "*=/parameters/shop"})
    assert "The success of Daily and Gated that go together. Then Hello starts." in text(
        http.get(made.headers["Location"])
    )
    daily = {"pipeline": "Daily", "source.pipelines": "Daily", "mapping.day": "/parameters/day"}
    circle = send(http, "/upstream/new", name="circle", **daily)
    assert "its success would start it again" in text(circle)
    assert "after Hello who=/id" in text(http.get("/upstreams"))
    # and a sensor has its page under its own kind alone
    assert http.get("/webhooks/after").status_code == 404


def test_what_is_hostile_in_a_sensor_stays_text(running, http):
    hostile = "<script>alert(1)</script>\u202e"
    sensors = running.services.automation.sensors
    sensors.save(Sensor("hostile", PipelineSource(("Daily",)), RunRequest("Hello", {"who": hostile})), hostile)
    for path in ("/upstreams", "/upstreams/hostile"):
        shown = re.sub(r'value="[^"]*"|<textarea.*?</textarea>', "", http.get(path).text)
        assert "<script>alert" not in shown
        assert "\u202e" not in shown
