"""The list of runs over HTTP: what it shows, finds and gives as files; many at once; two of them compared."""

import csv
import html
import io
import re
import time

import pytest
from reader import send, text
from served import service

from trigger_service.domain.run import Progress, Run, RunError, RunRequest, Trigger
from trigger_service.domain.schedule import Timing
from trigger_service.domain.scheduled import Fire, Schedule
from trigger_service.store import runs, schedules

HOSTILE = "<b>x</b>\u202egpj"
BEGAN = time.time() - 1000
STATES = ("failed", "succeeded", "succeeded", "cancelled")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A service with 60 runs on record, every fourth of which failed, and a queued and a running one of its own."""
    with service(tmp_path_factory.mktemp("runs") / "home") as served:
        with served.database.write() as connection:
            for number in range(60):
                runs.insert(connection, a_run(number), identity=str(number))
        yield served
        served.gate.set()


def run_id(number):
    return f"01890a5d-ac96-774b-bcce-{number:012d}"


def a_run(number):
    state = STATES[number % 4]
    return Run(
        id=run_id(number),
        state=state,
        pipeline="Hello" if number % 2 else "Daily",
        module="tasks.hello",
        parameters={"who": str(number)},
        texts={"who": str(number) if number else HOSTILE},
        task_id=f"Hello_{number}",
        trigger=Trigger("schedule", "nightly") if number % 3 else Trigger("form", "127.0.0.1"),
        created_at=BEGAN + number,
        labels={"kept": "yes", **({"team": "a"} if number == 8 else {})},
        attempt=1,
        started_at=BEGAN + number,
        finished_at=BEGAN + number + 20,
        progress=Progress(total=7, done=7),
        error=RunError("TaskFailed", f"=KeyError: {HOSTILE}\nmore") if state == "failed" else None,
    )


@pytest.fixture
def http(running):
    return running.app.test_client()


def shown(answer):
    """Numbers of the runs of the page, in their order."""
    return [int(found) for found in re.findall(r'<tr id="r-01890a5d-ac96-774b-bcce-(\d{12})"', answer.text)]


def link(answer, name):
    """Where the link with this text leads."""
    (found,) = re.findall(rf'href="([^"]*)"[^>]*>{name}', answer.text)
    return html.unescape(found)


def test_pages_follow_each_other_and_say_how_many_runs_have_come_since(running, http):
    # Given the first page, and the one after it
    first = http.get("/runs?limit=40")
    second = http.get(link(first, "Older"))
    assert shown(first) + shown(second) == list(range(59, -1, -1))
    assert "new run" not in text(second)
    # When a run comes
    made = http.post("/api/v1/runs", json={"pipeline": "Hello", "parameters": {"who": "new"}}).json["id"]
    running.ended(made)
    # Then the further page says so, and the first has it at its top
    part = http.get(link(first, "Older"), headers={"X-Parts": "news rows"})
    assert "1 new run" in text(part)
    assert shown(part) == shown(second)
    assert f'id="r-{made}"' in http.get("/runs").text


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("state=failed&state=cancelled&label=kept:yes&limit=4", [59, 56, 55, 52]),
        ("pipeline=Daily&state=failed&limit=2", [56, 52]),
        ("parameter=who:7", [7]),
        ("label=team:a", [8]),
        ("trigger=form&by=127.0.0.1&limit=2", [57, 54]),
        (f"q={HOSTILE[:8]}&state=succeeded", []),
        ("state=failed&q=keyerror&limit=1", [56]),
        ("from=2001-01-01&to=2d", []),
        ("location=elsewhere", []),
    ],
)
def test_filters_stand_in_the_address(http, query, numbers):
    answer = http.get(f"/runs?{query}")
    assert shown(answer) == numbers
    assert numbers or "No run is like this" in text(answer)


def test_filters_that_are_written_as_text_become_those_of_the_address(http):
    assert http.get("/runs?q=state:failed+disk").location == "/runs?state=failed&q=disk"


def test_stuck_runs_are_those_of_the_overview_and_a_state_to_ask_for(served):
    # Given a run that has printed nothing for hours, of a pipeline that has never ended
    at = BEGAN - 9000
    silent = a_run(700).evolve(pipeline="Silent", state="running", created_at=at, started_at=at, finished_at=None)
    with served.database.write() as connection:
        runs.insert(connection, silent, identity="silent")
    http = served.app.test_client()
    # When
    overview = http.get("/", headers={"X-Parts": "attention"})
    (word,) = set(re.findall(r'<a href="([^"]+)">Stuck<', overview.text))
    found = http.get(word)
    # Then
    assert (word, shown(found)) == ("/runs?state=stuck", [700])
    assert "Stuck 1" in text(found)
    assert 'class="status is-stuck"' in found.text[found.text.index('<tr id="r-') :]
    assert http.get("/runs?q=state:stuck").location == word
    assert "Cancel 1 run?" in text(http.get("/runs/cancel?all=yes&state=stuck"))


def test_late_runs_are_those_that_the_overview_waits_for_and_those_that_run_longer_than_usual(served):
    # Given a queued run of a schedule that fired hours ago, one that runs longer than others, and one that does not
    about = {"finished_at": None, "error": None, "pipeline": "Usual"}
    queued = a_run(1).evolve(state="queued", pipeline="Nightly", attempt=0, started_at=None, finished_at=None)
    slow = a_run(2).evolve(state="running", **{**about, "started_at": time.time() - 200})
    quick = a_run(3).evolve(state="running", **{**about, "started_at": time.time()})
    fired = int(time.time()) - 3 * 3600
    with served.database.write() as connection:
        usual = [a_run(number).evolve(state="succeeded", pipeline="Usual", error=None) for number in range(10, 20)]
        for run in (queued, slow, quick, *usual):
            runs.insert(connection, run, identity=run.id)
        schedules.save(connection, Schedule("nightly", Timing("cron", "0 2 * * *"), RunRequest("Nightly")))
        schedules.record(connection, [Fire("nightly", fired, "started", run_id=queued.id)])
    http = served.app.test_client()
    # When
    (word,) = set(re.findall(r'<a href="([^"]+)">Late<', http.get("/", headers={"X-Parts": "attention"}).text))
    found = http.get(word)
    # Then
    assert (word, sorted(shown(found))) == ("/runs?state=late", [1, 2])
    assert found.text.count('class="status is-late"') == 3
    assert http.get("/runs?q=state:late").location == word


def test_a_filter_with_a_mistake_is_told_and_kept(http):
    answer = http.get("/runs?from=soon")
    assert answer.status_code == 422
    assert "as 24h or 7d" in text(answer)
    assert 'value="soon"' in answer.text


def test_hostile_values_stay_text_on_pages_and_in_files(http):
    (cell,) = re.findall(r'<tr id="r-[^>]*>.*?</tr>', http.get("/runs?parameter=who:" + HOSTILE).text, re.DOTALL)
    assert "who=&lt;b&gt;x&lt;/b&gt;⟨U+202E⟩gpj" in cell
    rows = list(csv.DictReader(io.StringIO(http.get("/runs?state=failed&label=kept:yes&as=csv").text)))
    assert len(rows) == 15
    assert rows[0]["reason"].startswith("'=KeyError")
    assert http.get("/runs?state=failed&label=kept:yes&as=json").json["items"][-1]["parameters"] == {"who": HOSTILE}


def test_a_confirmation_says_what_will_be_done_and_what_stays(http):
    some = "&".join(f"run={run_id(number)}" for number in (0, 1, 2))
    assert "1 failed, 2 succeeded" in text(http.get(f"/runs/cancel?{some}")).replace(
        "2 succeeded, 1 failed", "1 failed, 2 succeeded"
    )
    retry = text(http.get(f"/runs/retry?{some}"))
    assert "3 new runs , each with what an old one asked for" in retry
    assert "2 of them succeeded before" in retry
    everything = http.get("/runs/retry?all=yes&state=failed&label=kept:yes")
    assert "Retry 15 runs?" in text(everything)
    assert everything.text.count('name="run"') == 15


def test_many_runs_are_cancelled_and_each_that_was_not_says_why(running, http):
    # Given a live run, and one that has ended
    live = http.post("/api/v1/runs", json={"pipeline": "Gated", "parameters": {}}).json["id"]
    running.running(live)
    assert "1 live:" in text(http.get(f"/runs/cancel?run={live}&run={run_id(1)}"))
    # When both are to be cancelled, and one that nobody knows
    answer = send(http, "/runs/cancel", run=[live, run_id(1), "nobody"])
    # Then one is, and the others say why not, also when the page is loaded again
    assert answer.status_code == 303
    assert running.ended(live).state == "cancelled"
    for _ in range(2):
        told = text(http.get(answer.location))
        assert "1 run was asked to end" in told
        assert "There is no such run any more." in told
        assert "succeeded" in told
    assert http.get("/runs/done/unknown").status_code == 404
    assert send(http, "/runs/cancel", run=["x"] * 501).status_code == 422


def test_many_runs_are_retried_and_their_new_runs_are_named(running, http):
    old = [running.ended(http.post("/api/v1/runs", json={"pipeline": "Fails"}).json["id"]).id for _ in range(2)]
    answer = send(http, "/runs/retry", run=old)
    made = re.findall(r"new run <a[^>]*/runs/([0-9a-f-]{36})", http.get(answer.location).text)
    assert [running.ended(new).retry_of for new in made] == old


def test_two_runs_stand_side_by_side(running, http):
    one, other = (
        running.ended(http.post("/api/v1/runs", json={"pipeline": "Hello", "parameters": {"who": who}}).json["id"]).id
        for who in ("ada", "bob")
    )
    # When two are chosen in the list
    answer = http.get(f"/compare?run={other}&run={one}")
    assert answer.location == f"/compare/{one}/{other}"
    # Then what differs is shown, and the older stands first
    compared = http.get(answer.location)
    assert "who parameter ada bob" in text(compared)
    assert http.get(f"{answer.location}?as=json").json["items"][0] == {
        "what": "run", "name": "parameters.who", "a": "ada", "b": "bob"
    }  # fmt: skip
    # and with one, the other is chosen from the last runs of its pipeline
    assert f"/compare/{one}/{other}" in http.get(http.get(f"/compare?run={other}").location).text
    assert "Choose two runs" in text(http.get("/compare"))
    assert http.get(f"/compare/{one}/nobody").status_code == 404
