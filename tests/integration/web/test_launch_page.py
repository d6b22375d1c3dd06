"""The page that launches a pipeline, over HTTP: what its form keeps, what it starts, and what its tabs say."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests
from polling import until
from reader import ORIGIN, text
from served import parameter, service

from trigger_service.domain.admission import Limits
from trigger_service.domain.place import Place
from trigger_service.domain.tokens import digest_of, new_token
from trigger_service.launchers.base import Pipeline
from trigger_service.launchers.inline import InlineHost
from trigger_service.store import tokens

#: What shells, JSON and HTML would like to take for something else.
NASTY = 'it\'s <b>$HOME</b> "q" \\ `id` \u00e9'


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with service(tmp_path_factory.mktemp("launch") / "home", Limits(pools={"lake": 2})) as served:
        yield served


@pytest.fixture
def http(running):
    return running.app.test_client()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A service that wants tokens, and some of them by scope."""
    with service(tmp_path_factory.mktemp("guarded") / "home", token_needed=True) as served:
        for scope in ("read", "run", "admin"):
            secret, now = new_token(digest_of(scope).encode()[:32]), time.time()
            with served.database.write() as connection:
                tokens.insert(
                    connection, name=scope, scope=scope, digest=digest_of(secret), now=now, expires_at=now + 999
                )
            setattr(served, scope, {"Authorization": f"Bearer {secret}"})
        yield served


def opened(http, path="/launch/Hello", **headers):
    """The fields of the form that nobody sees."""
    page = http.get(path, headers=headers).text
    return {name: re.search(rf'name="{name}" value="(\w+)"', page)[1] for name in ("form_token", "_key")}


def send(http, do, path="/launch/Hello", form=None, headers=(), **fields):
    """The form as a browser sends it."""
    form = form or opened(http, path.removesuffix("/presets"), **dict(headers))
    return http.post(path, data={**form, "_do": do, **fields}, headers={**ORIGIN, **dict(headers)})


def run_of(http, answer):
    """The run that was started."""
    assert answer.status_code == 303, answer.text
    return http.get(f"/api/v1{answer.headers['Location']}").json


def element(page, id):
    """The start of an element."""
    return html.unescape(re.search(rf'<[^>]* id="{id}"[^>]*>', page.text)[0])


def code(answer):
    """What is in the tab, to be copied."""
    return html.unescape(re.sub(r"<[^>]*>", "", re.search(r'<pre[^>]*id="code">(.*?)</pre>', answer.text, re.S)[1]))


def test_all_pipelines_can_be_chosen_and_searched(http):
    assert 'href="/launch/Hello"' in http.get("/launch").text
    found = http.get("/launch?pipeline=gat")
    assert ('href="/launch/Gated"' in found.text, 'href="/launch/Hello"' in found.text) == (True, False)
    assert "None has “x”" in text(http.get("/launch?pipeline=x"))


def test_an_address_fills_the_form_in_and_what_nobody_knows_is_told(http):
    page = http.get("/launch/Hello", query_string={"who": NASTY, "whoo": "1", "_workers": "100"})
    assert page.status_code == 200
    assert f'value="{NASTY}"' in element(page, "p-who")
    assert element(page, "p-times").startswith('<input id="p-times" name="times" value="1"')
    assert 'value="100"' in element(page, "o-workers")
    assert "less than or equal to 64, not 100." in text(page)
    assert "Hello has no parameter 'whoo'; did you mean who?" in text(page)
    assert "<b>$HOME" not in page.text
    # and a form that nobody has touched is not told to be wrong
    assert "aria-invalid" not in http.get("/launch/Hello").text


def test_a_refused_form_comes_back_whole_with_the_words_of_the_api(http):
    # Given what the API says
    body = {"pipeline": "Hello", "parameters": {"times": 7}, "workers": "many", "pools": ["lake"]}
    by_api = [(error["pointer"], error["detail"]) for error in http.post("/api/v1/runs", json=body).json["errors"]]
    # When
    page = send(http, "follow", who="", times="7", _workers="many", _pools="lake", _labels="a=b\r\nc=d")
    # Then each is beside its field, and linked to from the top
    assert page.status_code == 422
    assert [pointer for pointer, _ in by_api] == ["/workers", "/parameters/who"]
    for (_, detail), id in zip(by_api, ("o-workers", "p-who"), strict=True):
        assert f'aria-describedby="{id}-hint {id}-error"' in element(page, id) or f"{id}-error" in element(page, id)
        beside = html.unescape(re.search(rf'id="{id}-error">.*?</svg>(.*?)</p>', page.text)[1])
        assert beside == detail
        assert f'href="#{id}"' in page.text
    assert "2 values need a change. Nothing was started." in text(page)
    # and everything is kept, the first that is wrong has the focus, the options are open
    assert "autofocus" in element(page, "p-who")
    assert 'value="7"' in element(page, "p-times")
    assert 'value="many"' in element(page, "o-workers")
    assert re.search(r'value="lake" id="o-pools" checked', page.text)
    assert "a=b\nc=d</textarea>" in page.text
    assert '<details class="panel" open>' in page.text


def test_a_run_is_started_from_the_form_and_shown(running, http):
    run = run_of(http, send(http, "follow", who=NASTY, times="2", _labels="why=because", _priority="5", _pools="lake"))
    assert run["parameters"] == {"who": NASTY, "times": 2}
    assert (run["labels"], run["priority"], run["trigger"]) == (
        {"why": "because"}, 5, {"kind": "form", "by": "127.0.0.1"}
    )  # fmt: skip
    # and where nobody wants to follow it, the page says what became of it
    answer = send(http, "launch", who="eve")
    assert answer.status_code == 303
    page = http.get(answer.headers["Location"])
    assert re.search(r"Hello who=eve \S* ?was started", text(page))
    assert 'value="eve"' in element(page, "p-who")
    running.ended(run["id"])


def test_a_form_that_is_sent_twice_starts_one_run_and_a_changed_one_another(http):
    form = opened(http)
    first, again = (run_of(http, send(http, "follow", form=form, who="once")) for _ in range(2))
    other = run_of(http, send(http, "follow", form=form, who="twice"))
    fresh = run_of(http, send(http, "follow", who="once"))
    assert first["id"] == again["id"]
    assert len({first["id"], other["id"], fresh["id"]}) == 3


def test_the_newest_run_fills_the_form_in_again(http):
    run = run_of(http, send(http, "follow", who="grace", times="3", _labels="a=b", _pools="lake"))
    assert f"/launch/Hello?_run={run['id']}" in http.get("/launch/Hello").text
    page = http.get(f"/launch/Hello?_run={run['id']}&who=ada")
    assert 'value="ada"' in element(page, "p-who")
    assert 'value="3"' in element(page, "p-times")
    assert "1 pool, 1 label" in text(page)


def test_what_is_active_already_is_told_with_its_run(running, http):
    running.gate.clear()
    live = run_of(http, send(http, "follow", "/launch/Gated", n="7"))
    refused = send(http, "follow", "/launch/Gated", n="7", _if_active="reject")
    assert refused.status_code == 409
    assert f'href="/runs/{live["id"]}"' in refused.text
    attached = run_of(http, send(http, "follow", "/launch/Gated", n="7", _if_active="attach"))
    assert attached["id"] == live["id"]
    running.gate.set()
    running.ended(live["id"])


def test_the_plan_is_shown_with_why_and_who_and_only_where_the_values_are_right(http):
    page = send(http, "plan", who="ada")
    assert page.status_code == 200
    assert re.search(r"4 tasks, asked .* Leaf: out/2 does not exist .* Complete 1 .* Blocked 2", text(page))
    assert 'value="ada"' in element(page, "p-who")
    # and as parts, which leave the plan that there is where nothing can be asked
    form = opened(http)
    ask = {**ORIGIN, "X-Parts": "plan note fields"}
    part = http.post("/launch/Hello", data={**form, "_do": "plan", "who": "ada", "_planned": "yes"}, headers=ask)
    assert re.findall(r'<(?:section|div)[^>]* id="([^"]+)"', part.text)[0] == "plan"
    assert "form_token" not in part.text
    none = http.post("/launch/Hello", data={**form, "_do": "plan", "who": "", "_planned": "yes"}, headers=ask)
    assert (none.status_code, 'id="plan"' in none.text) == (200, False)
    assert "It follows the form once Who is filled in" in text(none)


def test_a_plan_takes_the_place_of_the_one_before_and_holds_up_nobody_elses(running, http):
    # Given a plan that takes long
    running.gate.clear()
    form, answers = {**opened(http, "/launch/Gated"), "_do": "plan"}, []

    def ask():
        headers = {"Origin": running.url}
        answers.append(requests.post(f"{running.url}/launch/Gated", data=form, headers=headers, timeout=30))

    asking = [threading.Thread(target=ask) for _ in range(2)]
    asking[0].start()
    until(lambda: len(running.services.turns) == 1, "the first is being made")
    # When another form asks, and then the same one again
    assert "4 tasks" in text(send(http, "plan", who="ada"))
    asking[1].start()
    asking[0].join(30)
    # Then the first was ended
    assert "ended" in html.unescape(answers[0].text)
    running.gate.set()
    asking[1].join(30)
    assert "1 task, asked" in text(answers[1])


def test_tabs_take_what_the_form_says_with_them_but_nothing_private(http):
    answer = send(http, "curl", "/launch/Secretive", password="sesame", _labels="a=b")
    assert answer.headers["Location"] == "/launch/Secretive?_labels=a%3Db&_as=curl"
    page = http.get(answer.headers["Location"])
    assert json.loads(code(page).partition("-d ")[2].strip("'")) == {
        "pipeline": "Secretive", "parameters": {}, "labels": {"a": "b"}
    }  # fmt: skip
    assert "password is private and not shown" in text(page)
    back = send(http, "form", "/launch/Hello", who="ada", times="1", _workers="")
    assert back.headers["Location"] == "/launch/Hello?who=ada&_as=form"


def test_what_the_tabs_show_does_what_the_form_would(running, http):
    if shutil.which("curl") is None:
        assert os.environ.get("CI") != "true", "curl is missing"
        pytest.skip("curl is missing")
    form = {"who": NASTY, "times": "3", "_workers": "2", "_labels": "why=board $meeting", "_pools": "lake"}
    by_form = run_of(http, send(http, "follow", **form))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for tab in ("curl", "command"):
        location = send(http, tab, **form).headers["Location"]
        shown = code(http.get(location, base_url=running.url))
        subprocess.run(
            ["sh", "-c", shown], check=True, env={**os.environ, "PATH": path}, capture_output=True, timeout=30
        )
        made = http.get("/api/v1/runs?pipeline=Hello&limit=1").json["items"][0]
        assert made["id"] != by_form["id"]
        for name in ("parameters", "workers", "labels", "pools"):
            assert made.get(name) == by_form.get(name), tab


def test_json_is_pasted_back_into_the_form_and_launched_as_it_is(http):
    body = {"pipeline": "Hello", "parameters": {"who": NASTY, "times": 4}, "labels": {"a": "b"}}
    back = send(http, "form", _json=json.dumps(body))
    page = http.get(back.headers["Location"])
    assert (f'value="{NASTY}"' in element(page, "p-who"), 'value="4"' in element(page, "p-times")) == (True, True)
    assert run_of(http, send(http, "follow", _json=json.dumps(body)))["parameters"] == body["parameters"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('{"pipeline": "Hello",', "It is not JSON: Expecting property name"),
        ("[1]", "Expected an object"),
        ('{"pipeline": "Gated"}', "This is the form of Hello; open that of Gated for it."),
        ('{"parameters": {"who": "a"}, "worker": 1}', "/worker: Unknown key; did you mean 'workers'?"),
    ],
)
@pytest.mark.parametrize(("do", "status"), [("follow", 422), ("form", 422), ("plan", 200)])
def test_json_that_is_none_stays_with_what_is_wrong(http, written, told, do, status):
    page = send(http, do, _json=written)
    assert page.status_code == status
    assert told in text(page)
    assert html.escape(written, quote=False).replace('"', "&#34;") in page.text.replace("&quot;", "&#34;")


def test_a_preset_is_saved_from_the_form_and_fills_it_in(http):
    location = send(http, "save", who="ada", times="9").headers["Location"]
    assert location == "/launch/Hello?who=ada&times=9&_as=save"
    wrong = send(http, "save", "/launch/Hello/presets", who="ada", times="9", _name="no/slash")
    assert (wrong.status_code, 'value="no/slash"' in wrong.text) == (422, True)
    assert 'aria-describedby="preset-name-error"' in element(wrong, "preset-name")
    saved = send(http, "save", "/launch/Hello/presets", who="ada", times="9", _name="nine", _description="Nine times")
    page = http.get(saved.headers["Location"])
    assert re.search(r"The preset nine was saved at .* who=ada times=9", text(page))
    assert re.search(r'_preset=nine" aria-current="true" title="Nine times"', page.text)
    assert 'value="9"' in element(page, "p-times")
    assert "has no preset 'ninety'" in text(http.get("/launch/Hello?_preset=ninety"))


def test_a_private_value_reaches_its_run_and_nothing_else(running, http):
    refused = send(http, "follow", "/launch/Secretive", password="sesame", _workers="0")
    assert (refused.status_code, "sesame" in refused.text) == (422, False)
    assert 'type="password"' in element(refused, "p-password")
    run = run_of(http, send(http, "follow", "/launch/Secretive", password="sesame"))
    assert running.services.triggers._vault.secrets(run["id"]) == {"password": "sesame"}
    assert "sesame" not in json.dumps(run)
    # and a form that differs in nothing but that starts another run, each of them once
    form = opened(http, "/launch/Secretive")
    asked = [send(http, "follow", "/launch/Secretive", form, password=word) for word in ("a", "b", "a", "b")]
    ids = [run_of(http, answer)["id"] for answer in asked]
    assert (ids[:2], len({run["id"], *ids})) == (ids[2:], 3)


def test_a_schedule_begins_with_what_the_form_says(http):
    answer = send(http, "schedule", who="ada", times="2")
    assert answer.headers["Location"] == "/schedule/new?pipeline=Hello&who=ada&times=2"


def test_who_may_only_read_starts_nothing_and_who_may_only_run_saves_nothing(guarded):
    http = guarded.app.test_client()
    page = http.get("/launch/Hello?who=ada", headers=guarded.read)
    assert (page.status_code, "<button name=" in page.text, "takes a token with the scope run" in text(page)) == (
        200, False, True
    )  # fmt: skip
    assert '-H "Authorization: Bearer $LUIGI_TRIGGER_TOKEN"' in code(
        http.get("/launch/Hello?who=ada&_as=curl", headers=guarded.read)
    )
    form = opened(http, **guarded.run)
    assert send(http, "follow", form=form, headers=guarded.read, who="ada").status_code == 403
    assert send(http, "follow", form=form, headers=guarded.run, who="ada").status_code == 303
    assert send(http, "save", "/launch/Hello/presets", form, guarded.run, who="a", _name="x").status_code == 403
    by_admin = send(http, "save", "/launch/Hello/presets", headers=guarded.admin, who="a", _name="x")
    assert by_admin.status_code == 303


def test_a_default_is_that_of_where_the_run_goes(running, http, monkeypatch):
    # Given an environment with another default
    times = {**parameter("times", "IntParameter", default=1), "schema": {"type": "integer", "default": 5}}
    staging = InlineHost([Pipeline("Hello", "tasks.hello", (parameter("who"), times))])
    monkeypatch.setitem(running.services.places._hosts, Place(environment="staging"), staging)
    # When somebody goes there with a form of the usual one
    there = send(http, "form", who="ada", times="1", _made_environment="default", _environment="staging")
    # Then what was the default there is so here, and what was not is kept
    assert there.headers["Location"] == "/launch/Hello?who=ada&_environment=staging&_as=form"
    page = http.get(there.headers["Location"])
    assert ('value="5"' in element(page, "p-times"), 'value="staging" selected' in page.text) == (True, True)
    kept = send(http, "form", who="ada", times="1", _made_environment="staging", _environment="staging")
    assert "times=1" in kept.headers["Location"]
    assert "&#39;nowhere&#39; is none of default, staging" in http.get("/launch/Hello?_environment=nowhere").text


def test_pipelines_of_one_name_are_told_apart_by_their_modules(running, http, monkeypatch):
    twins = [Pipeline("Twin", module, (parameter("who"),)) for module in ("tasks.one", "tasks.two")]
    monkeypatch.setitem(running.services.places._hosts, Place(), InlineHost(twins))
    choice = http.get("/launch/Twin", follow_redirects=True)
    (path,) = re.findall(r'href="(/launch/Twin[^"]*tasks.two)"', choice.text)
    module = re.search(r'name="_module" value="(.*?)"', http.get(html.unescape(path)).text)[1]
    form = opened(http, html.unescape(path))
    assert run_of(http, send(http, "follow", "/launch/Twin", form, who="a", _module=module))["module"] == "tasks.two"


def test_a_pipeline_that_is_none_is_told_by_a_page(http):
    assert http.get("/launch/Helo").status_code == 404
