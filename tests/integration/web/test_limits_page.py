"""The page of limits over HTTP: what it shows, what its forms do, and who may send them."""

import html
import re
import time

import pytest
from reader import ORIGIN, form_token, send, text
from served import service

from trigger_service.domain.admission import Limits
from trigger_service.domain.tokens import digest_of, new_token
from trigger_service.store import tokens


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A service with a pool of one slot, which a run holds and another waits for."""
    with service(tmp_path_factory.mktemp("limits") / "home", Limits(runs=8, pools={"lake": 1})) as served:
        http = served.app.test_client()
        asked = [
            http.post("/api/v1/runs", json={"pipeline": "Gated", "parameters": {"n": n}, "pools": ["lake"]}).json["id"]
            for n in (1, 2)
        ]
        served.running(asked[0])
        served.holder, served.waiting = asked
        yield served


@pytest.fixture
def http(running):
    return running.app.test_client()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A service that wants tokens."""
    with service(tmp_path_factory.mktemp("guarded") / "home", token_needed=True) as served:
        yield served


def token(served, scope):
    """The header of a new token."""
    secret, now = new_token(digest_of(str(time.time_ns())).encode()[:32]), time.time()
    with served.database.write() as connection:
        tokens.insert(
            connection, name=f"{scope}{now}", scope=scope, digest=digest_of(secret), now=now, expires_at=now + 99
        )
    return {"Authorization": f"Bearer {secret}"}


def test_each_pool_has_its_slots_its_holders_and_its_queue_with_reasons(running, http):
    answer = http.get("/limits")
    shown = text(answer)
    assert re.search(r"lake 1 of 1 .* Held by Gated n=1 since [0-9:]{8} UTC ?, \d+:\d\d Queue 1 Gated n=2 waits", shown)
    held_by = f"waits for a slot: pool lake may have 1 live at once, held by {running.holder[:13]}"
    assert held_by in shown
    for run in (running.holder, running.waiting):
        assert f'href="/runs/{run}"' in answer.text
    assert re.search("[12] of 8 slots held", answer.text)  # the run of another test may be there
    assert re.search(r"Pipelines without a limit of their own .*Gated \d live", shown)


def test_a_pool_is_made_resized_and_taken_back_and_each_change_is_on_record(http):
    # When
    made = send(http, "/limits", new="yes", name="lab", slots="2")
    resized = send(http, "/limits", name="lab", slots=" 1 ")
    # Then
    assert (made.status_code, made.headers["Location"]) == (303, "/limits?done=lab")
    assert "lab has 1 slot from now on." in text(http.get(resized.headers["Location"]))
    assert http.get("/api/v1/pools/lab").json["slots"] == 1
    # And when it is taken back
    gone = send(http, "/limits/reset", name="lab")
    # Then
    assert "lab is no pool any more." in text(http.get(gone.headers["Location"]))
    assert http.get("/api/v1/pools/lab").status_code == 404
    rows = http.get("/api/v1/audit?subject=pool lab").json["items"]
    assert [(row["action"], row["actor"]) for row in rows] == [
        (action, "form 127.0.0.1") for action in ("pool removed", "pool resized", "pool made")
    ]


@pytest.mark.parametrize("slots", ["many", "-1", "10001", "1.5", ""])
def test_what_is_wrong_stands_beside_its_field_in_the_words_of_the_api(http, slots):
    # Given what the API says of it
    value = int(slots) if re.fullmatch(r"-?\d+", slots) else slots
    by_api = http.put("/api/v1/pools/all", json={"slots": value} if slots else {}).json["errors"]
    # When
    refused = send(http, "/limits", name="all", slots=slots)
    # Then
    assert refused.status_code == 422
    (told,) = re.findall(r'<p class="field-error" id="([\w-]+)">.*?</svg>(.*?)</p>', refused.text)
    assert html.unescape(told[1]) == by_api[0]["detail"]
    assert re.search(rf'value="{slots}" aria-invalid="true" aria-describedby="{told[0]}"', refused.text)
    assert http.get("/api/v1/pools/all").json["slots"] == 8


def test_a_name_that_is_none_is_told_at_its_field_and_what_was_written_is_kept(http):
    refused = send(http, "/limits", new="yes", name='no "pool"', slots="3")
    assert refused.status_code == 422
    assert "'no \"pool\"' is no name of a pool; expected all" in text(refused)
    assert 'value="no &#34;pool&#34;"' in refused.text
    assert 'id="new-slots" name="slots" inputmode="numeric" autocomplete="off" value="3"' in refused.text


def test_a_pool_that_a_run_names_is_not_removed_and_the_run_is_told(http):
    # Given
    send(http, "/limits", new="yes", name="used", slots="1")
    run = http.post("/api/v1/runs", json={"pipeline": "Gated", "parameters": {"n": 3}, "pools": ["used"]}).json["id"]
    # When
    refused = send(http, "/limits/reset", name="used")
    # Then
    assert refused.status_code == 409
    assert f"run {run} names it and has not ended" in text(refused)


def test_a_pool_that_is_gone_meanwhile_is_told_by_a_page(http):
    answer = send(http, "/limits/reset", name="gone")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is no pool 'gone'" in text(answer)


@pytest.mark.parametrize(
    ("headers", "fields", "status", "said"),
    [
        ({"Origin": "http://evil.example"}, {}, 403, "pages of 'http://evil.example' are not accepted"),
        ({}, {}, 403, "A form has to come with the header Origin"),
        (ORIGIN, {"form_token": ""}, 403, "from another page"),
        (ORIGIN, {"form_token": "0" * 64}, 403, "from another page"),
        ({**ORIGIN, "Content-Type": "text/plain"}, {}, 415, "application/x-www-form-urlencoded"),
    ],
)
def test_no_other_page_can_send_a_form(http, headers, fields, status, said):
    sent = {"form_token": form_token(http), "name": "all", "slots": "1", **fields}
    refused = http.post("/limits", data=sent, headers=headers)
    assert (refused.status_code, refused.mimetype) == (status, "text/html")
    assert said in text(refused)
    assert http.get("/api/v1/pools/all").json["slots"] == 8


def test_a_form_opens_no_other_path(http):
    sent = {"form_token": form_token(http), "slots": "1"}
    assert http.put("/api/v1/pools/all", data=sent, headers=ORIGIN).status_code == 415


def test_without_a_token_the_page_says_what_to_do_and_looks_as_it_should(guarded):
    http = guarded.app.test_client()
    answer = http.get("/limits")
    assert (answer.status_code, answer.mimetype) == (401, "text/html")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "luigi-trigger tokens create NAME" in text(answer)
    assert "default" not in text(answer)  # the names of environments are nobody's business
    loaded = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', answer.text))
    assert loaded
    assert {http.get(path).status_code for path in loaded} == {200}
    assert http.get("/static/documentation.css").status_code == 401
    assert http.post("/static/console.css").status_code == 401


def test_who_may_only_read_sees_no_form_and_can_send_none(guarded):
    http = guarded.app.test_client()
    admin, reader = token(guarded, "admin"), token(guarded, "read")
    page = http.get("/limits", headers=reader)
    assert (page.status_code, "form_token" in page.text) == (200, False)
    assert "takes a token with the scope admin" in text(page)
    assert send(http, "/limits", headers=admin, name="all", slots="9").status_code == 303
    sent = {"form_token": form_token(http, admin), "name": "all", "slots": "1"}
    refused = http.post("/limits", data=sent, headers={**ORIGIN, **reader})
    assert (refused.status_code, refused.mimetype) == (403, "text/html")
    # and the token in a form is that of its reader alone
    another = http.post("/limits", data=sent, headers={**ORIGIN, **token(guarded, "admin")})
    assert (another.status_code, "from another page" in text(another)) == (403, True)
