"""The pages of schedules over HTTP."""

import html
import re
import time

import pytest
from reader import send, text
from served import service

from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing
from trigger_service.domain.tokens import digest_of, new_token
from trigger_service.service.schedules import Schedules
from trigger_service.store import tokens

#: A Sunday on which the clocks of Berlin go forward is the third day of what is foreseen.
BEFORE_THE_GAP = "2097-03-29T00:00"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with service(tmp_path_factory.mktemp("schedules") / "home") as served:
        yield served


@pytest.fixture
def http(running):
    return running.app.test_client()


def filled(**more):
    """The fields of a schedule that can be made."""
    timing = {"timing.kind": "cron", "timing.expression": "30 2 * * *", "timing.timezone": "Europe/Berlin"}
    return {"pipeline": "Hello", "parameters.who": "{{ fire_time - 1 day | date }}", **timing, **more}


def test_a_list_without_any_says_what_to_do_next(served):
    http = served.app.test_client()
    assert "No schedule yet." in text(http.get("/schedules"))
    assert "Which pipeline is it to start?" in text(http.get("/schedule/new"))


def test_one_is_made_changed_paused_and_removed_from_its_pages_and_each_is_on_record(running, http):
    # When one is made
    made = send(http, "/schedule/new", name="nightly", **filled(pools="", labels="team=data\nby=ada"))
    # Then it is shown, with what comes next as it will be
    assert (made.status_code, made.headers["Location"]) == (303, "/schedules/nightly?done=yes")
    page = http.get(made.headers["Location"])
    shown = text(page)
    assert "It is made, and fires from now on. " in shown
    assert "Every day at 02:30 in Europe/Berlin, Hello." in shown
    foreseen = http.post("/api/v1/previews", json={"timing": filled_timing(), "count": 1}).json["items"][0]
    assert f"{foreseen['local'][11:16]} {foreseen['offset']} who=" in shown
    kept = http.get("/api/v1/schedules/nightly").json
    assert kept["request"]["labels"] == {"team": "data", "by": "ada"}
    # And it stands in the list
    listed = text(http.get("/schedules"))
    assert "nightly Hello who={{ fire_time - 1 day | date }} Every day at 02:30 30 2 * * * Europe/Berlin" in listed
    # And when it is changed
    changed = send(http, "/schedules/nightly", **filled(**{"timing.expression": "0 3 * * *", "priority": "5"}))
    shown = text(http.get(changed.headers["Location"]))
    assert "The change holds from now on." in shown
    assert "timing.expression 30 2 * * * → 0 3 * * *" in shown
    assert "request.priority 0 → 5" in shown
    # And when it is paused
    send(http, "/schedules/nightly/pause", paused="yes")
    assert "As they would be: it is paused." in text(http.get("/schedules/nightly"))
    # And when it is removed
    gone = send(http, "/schedules/nightly/remove")
    assert "nightly is removed, with the record of its fires." in text(http.get(gone.headers["Location"]))
    rows = http.get("/api/v1/audit?subject=schedule nightly").json["items"]
    assert [(row["action"], row["actor"]) for row in rows] == [
        (f"schedule {done}", "form 127.0.0.1") for done in ("removed", "paused", "changed", "made")
    ]
    # and a page that was followed from the list says only what the record says
    assert "is removed" not in text(http.get("/schedules?removed=another"))


def filled_timing():
    return {name.partition(".")[2]: value for name, value in filled().items() if name.startswith("timing.")}


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("timing.expression", "30 25 * * *", "/timing/expression"),
        ("timing.timezone", "Europe/Berlim", "/timing/timezone"),
        ("timing.jitter_s", "soon", "/timing/jitter_s"),
        ("parameters.who", "{{ fire_time | minutes }}", "/parameters/who"),
        ("pools", "lake", "/pools/0"),
        ("name", "no name", "/name"),
    ],
)
def test_a_mistake_stands_beside_its_field_in_the_words_of_the_api(http, field, value, pointer):
    # Given what the API says of it
    fields = {"name": "wrong", **filled(**{"timing.jitter_s": "0"}), field: value}
    timing = {name.partition(".")[2]: told for name, told in fields.items() if name.startswith("timing.")}
    timing["jitter_s"] = 0 if timing["jitter_s"] == "0" else timing["jitter_s"]
    values = {n.partition(".")[2]: told for n, told in fields.items() if n.startswith("parameters.") and told}
    body = {"pipeline": "Hello", "parameters": values, "timing": timing, "pools": fields.get("pools", "").split()}
    by_api = http.put(f"/api/v1/schedules/{fields['name']}", json=body).json["errors"]
    assert [each["pointer"] for each in by_api] == [pointer]
    # When
    refused = send(http, "/schedule/new", **fields)
    # Then
    assert refused.status_code == 422
    place = f"f-{field.replace('.', '-')}"
    (told,) = re.findall(rf'<p class="field-error" id="{place}-error">.*?</svg>(.*?)</p>', refused.text)
    assert html.unescape(told) == by_api[0]["detail"]
    assert re.search(
        rf'id="{place}"[^>]*{re.escape(html.escape(value))}[^>]*aria-invalid="true" autofocus', refused.text
    )
    assert f'<a href="#{place}">' in refused.text
    assert http.get(f"/api/v1/schedules/{fields['name']}").status_code == 404


def test_a_name_that_is_taken_is_refused_where_one_is_new(http):
    send(http, "/schedule/new", name="taken", **filled())
    refused = send(http, "/schedule/new", name="taken", **filled(**{"timing.expression": "1 1 * * *"}))
    assert refused.status_code == 422
    assert "there is a schedule 'taken' already" in text(refused)
    assert http.get("/api/v1/schedules/taken").json["timing"]["expression"] == "30 2 * * *"


@pytest.mark.parametrize("name", ["new", "pause", "schedule"])
def test_a_schedule_may_have_any_name_and_its_page_is_there(http, name):
    made = send(http, "/schedule/new", name=name, **filled())
    assert made.status_code == 303
    shown = http.get(made.headers["Location"])
    assert f"<h1>{name}</h1>" in shown.text
    assert send(http, f"/schedules/{name}", **filled(**{"timing.expression": "1 1 * * *"})).status_code == 303
    assert http.get(f"/api/v1/schedules/{name}").json["timing"]["expression"] == "1 1 * * *"
    assert send(http, f"/schedules/{name}/remove").status_code == 303


def test_fires_are_foreseen_before_anything_is_saved_and_a_change_of_the_clocks_is_told_at_its_fire(http):
    asked = {**filled(), "timing.start": BEFORE_THE_GAP}
    shown = text(http.get("/schedule/new", query_string=asked))
    assert re.search(r"Fri 29 March 2097, 02:30 \+01:00 who=2097-03-28", shown)
    gap = "Sun 31 March 2097, 03:00 +02:00 who=2097-03-30 The clocks go forward: 02:30 does not exist, fires at 03:00."
    assert gap in shown
    # and the part alone, as an open page asks for it
    part = http.get("/schedule/new", query_string=asked, headers={"X-Parts": "plan"})
    assert part.text.lstrip().startswith('<section class="panel sticky-aside" id="plan"')
    # and as somebody writes, with nothing saved
    written = send(http, "/schedule/new", name="foreseen", _do="plan", **asked)
    assert (written.status_code, gap in text(written)) == (200, True)
    assert http.get("/schedules/foreseen").status_code == 404
    # and the address that was tried out has nothing that proves a form
    led = http.get("/schedule/new", query_string={**filled(), "form_token": "x", "name": ""})
    assert (led.status_code, "form_token" in led.headers["Location"]) == (302, False)
    # and what is wrong is told there
    wrong = http.get("/schedule/new", query_string={**asked, "timing.expression": "x"})
    assert (wrong.status_code, "expected five fields" in text(wrong)) == (200, True)


def test_a_launch_may_be_scheduled_with_what_stood_in_its_form(http):
    page = http.get("/schedule/new?pipeline=Hello&who=ada&priority=3&labels=team%3Ddata")
    assert 'name="parameters.who" value="ada"' in page.text
    assert 'name="priority" value="3"' in page.text
    assert "team=data</textarea>" in page.text


def test_what_became_of_each_fire_is_told_with_its_run_or_why_there_is_none(running, http):
    # Given a schedule whose fires were skipped, missed, refused and started
    timetable, request = running.services.automation.timetable, RunRequest("Gated", {"n": 7})
    timetable.save("busy", Timing("interval", "1 second", overlap="skip", grace_s=0), request, "test")
    schedules: Schedules = running.services.automation._schedules
    running.gate.clear()
    began = time.time()
    schedules.look(began + 5)
    run_id = next(fire.run_id for fire in timetable.fires("busy", None, 9) if fire.run_id)
    running.running(run_id)
    schedules.look(began + 10)
    timetable.pause("busy", True, "test")
    # When
    shown = text(http.get("/schedules/busy"))
    # Then
    assert f"Running {run_id[:13]}" in shown
    assert f"Skipped run {run_id[:13]} of this schedule had not ended" in shown
    assert "Missed" in shown
    assert re.search(r"busy Gated n=7 Every second 1 second UTC paused \w+", text(http.get("/schedules?q=BUSY")))
    assert "No schedule is like that." in text(http.get("/schedules?q=nobody"))
    # and all of it can be kept
    fires = http.get("/schedules/busy?as=json").json["items"]
    assert {fire["state"] for fire in fires} == {"started", "skipped", "missed"}
    assert http.get("/schedules?as=csv").text.startswith("name,pipeline,parameters,fires,")
    running.gate.set()
    running.ended(run_id)


def test_a_value_that_nobody_touches_stays_as_it_was(running, http):
    timetable = running.services.automation.timetable
    timetable.save("typed", Timing("cron", "0 0 * * *"), RunRequest("Hello", {"who": "ada", "times": 2}), "test")
    send(http, "/schedules/typed", **filled(**{"parameters.who": "eve", "parameters.times": "2"}))
    assert timetable.get("typed").request.parameters == {"who": "eve", "times": 2}


def test_one_that_stands_in_a_file_is_shown_and_changed_there(running, http):
    timetable = running.services.automation.timetable
    timetable.save("filed", Timing("cron", "0 0 * * *"), RunRequest("Fails"), "file", managed_by="schedules.toml")
    page = http.get("/schedules/filed")
    assert "It stands in schedules.toml ." in text(page)
    assert "Change it there" in text(page)
    assert 'action="/schedules/filed"' not in page.text
    assert send(http, "/schedules/filed/remove").status_code == 409


def test_to_run_one_now_leads_to_the_form_that_launches_it_with_its_values(http):
    send(http, "/schedule/new", name="now", **filled(**{"parameters.who": "{{ schedule }}", "parameters.times": "2"}))
    led = http.get("/schedules/now/now")
    assert (led.status_code, led.headers["Location"]) == (302, "/launch/Hello?who=now&times=2")


def test_all_are_paused_and_resumed_at_once(http):
    send(http, "/schedule/new", name="one-of-all", **filled())
    send(http, "/schedule/pause", paused="yes")
    assert ", 0 on." in text(http.get("/schedules"))
    send(http, "/schedule/pause", paused="no")
    assert http.get("/api/v1/schedules/one-of-all").json["paused"] is False


def test_who_may_only_read_is_offered_no_form(tmp_path):
    with service(tmp_path / "home", token_needed=True) as guarded:
        automation, now = guarded.services.automation, time.time()
        automation.timetable.save("kept", Timing("cron", "0 0 * * *"), RunRequest("Hello", {"who": "ada"}), "test")
        secret = new_token(bytes(32))
        with guarded.database.write() as connection:
            tokens.insert(connection, name="r", scope="read", digest=digest_of(secret), now=now, expires_at=now + 99)
        http, reader = guarded.app.test_client(), {"Authorization": f"Bearer {secret}"}
        for path in ("/schedules", "/schedules/kept", "/schedule/new?pipeline=Hello", "/backfills/new?pipeline=Hello"):
            page = http.get(path, headers=reader)
            assert (page.status_code, 'method="post"' in page.text) == (200, False), path
        assert "takes a token with the scope admin" in text(http.get("/schedules/kept", headers=reader))


def test_what_is_hostile_in_a_schedule_stays_text(running, http):
    hostile = '"><script>alert(1)</script>\u202e'
    running.services.automation.timetable.save(
        "hostile", Timing("cron", "0 0 * * *"), RunRequest("Hello", {"who": hostile}, labels={"a": hostile}), hostile
    )
    for page in (http.get("/schedules"), http.get("/schedules/hostile")):
        assert "<script>alert" not in page.text
        # but in the field, where it has to be what it is
        assert "\u202e" not in re.sub(r'value="[^"]*"|<textarea.*?</textarea>', "", page.text)
