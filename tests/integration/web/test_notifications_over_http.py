"""Notification rules over HTTP: what is taken, shown and refused; addresses go in and never come out."""

from receivers import Receiver

RULES = "/api/v1/notifications"
HIDDEN = "T0hiddenpart"
SLACK = {"kind": "slack", "url": f"https://hooks.slack.com/services/{HIDDEN}"}


def put(http, name="failures", **more):
    return http.put(f"{RULES}/{name}", json={"events": ["failed"], "channel": SLACK, **more})


def test_a_rule_is_made_shown_paused_and_removed_and_its_address_is_nowhere(http, served):
    # When
    made = put(http, pipelines=["Hello*"])
    paused = http.patch(f"{RULES}/failures", json={"paused": True})
    shown, listed = http.get(f"{RULES}/failures"), http.get(RULES)
    changed = put(http, channel={"kind": "slack"}, events=["failed", "long"])
    gone, missing = http.delete(f"{RULES}/failures"), http.get(f"{RULES}/failures")
    audit = http.get("/api/v1/audit?subject=notification rule failures")
    # Then
    answers = [made, paused, shown, listed, changed, gone, missing, audit]
    assert [each.status_code for each in answers] == [200, 200, 200, 200, 200, 204, 404, 200]
    assert made.json["channel"] == {"kind": "slack", "address": "https://hooks.slack.com/..."}
    assert (made.json["paused"], shown.json["paused"], changed.json["paused"]) == (False, True, True)
    assert listed.json["items"] == [shown.json]
    assert missing.json["type"].endswith("/rule-not-found")
    done = [row["action"].removeprefix("notification rule ") for row in audit.json["items"]]
    assert done == ["removed", "changed", "paused", "made"]
    assert not [each for each in answers if HIDDEN in each.text]


REFUSED = (
    ({"channel": {"kind": "slack", "url": HIDDEN * 300}}, "/channel/url"),
    ({"channel": {"kind": "slack", "url": [HIDDEN]}}, "/channel/url"),
    ({"channel": f"https://{HIDDEN}/"}, "/channel"),
    ({"channel": {"kind": "webhook", "url": "https://example.org/", "secret": HIDDEN}}, "/channel/secret"),
    ({"channel": {"kind": "slack", "url": f"ftp://{HIDDEN}/"}}, "/channel/url"),
    ({"channel": {"kind": HIDDEN}}, "/channel/kind"),
    ({"channel": {"kind": "slack", "address": HIDDEN}}, "/channel/address"),
    ({"events": []}, "/events"),
    ({"events": ["all"]}, "/events/0"),
    ({"pipelines": []}, "/pipelines"),
    ({"late_s": 0}, "/late_s"),
    ({"longer_than": 0.5}, "/longer_than"),
    ({"fold_s": -1}, "/fold_s"),
    ({"event": "failed"}, "/event"),
)


def test_what_is_wrong_is_told_with_its_place_and_without_what_is_secret(http):
    for wrong, pointer in REFUSED:
        answer = put(http, **wrong)
        assert (answer.status_code, [each["pointer"] for each in answer.json["errors"]]) == (422, [pointer])
        assert HIDDEN not in answer.text
    assert http.get(RULES).json == {"items": []}


def test_a_message_is_sent_to_try_a_rule_and_stands_in_its_log_page_by_page(http):
    with Receiver() as receiver:
        assert put(http, channel={"kind": "slack", "url": receiver.url}).status_code == 200
        tests = [http.post(f"{RULES}/failures/test").json for _ in range(3)]
    first = http.get(f"{RULES}/failures/messages?limit=2").json["items"]
    rest = http.get(f"{RULES}/failures/messages?before={first[-1]['id']}").json["items"]
    assert [each["state"] for each in tests] == ["sent"] * 3
    assert [*first, *rest] == tests[::-1]
    assert len(receiver.came) == 3
