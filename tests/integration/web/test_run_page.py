"""The page of a run over HTTP: what it shows of each kind of run, its parts, and what nobody may make of it."""

import gzip
import html
import json
import re
import time

import pytest
from served import service

from trigger_service.domain.logs import LogLine, encode
from trigger_service.domain.run import Progress, RunError, TaskExecution
from trigger_service.domain.spec import attempt_folder
from trigger_service.domain.tokens import digest_of, new_token
from trigger_service.store import executions, tokens
from trigger_service.store.runs import set_progress
from trigger_service.store.tables import runs

PARTS = ("head", "summary", "graph", "timeline", "tasks", "selection", "targets", "attempts", "changes", "log")
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202eevil"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A service with a run that runs, one that has failed and one that has succeeded."""
    with service(tmp_path_factory.mktemp("run") / "home") as served:
        http = served.app.test_client()
        asked = {"Hello": {"who": "ada"}, "Fails": {}, "Gated": {"n": 1}}
        served.ids = {
            name: http.post("/api/v1/runs", json={"pipeline": name, "parameters": values}).json["id"]
            for name, values in asked.items()
        }
        served.ended(served.ids["Hello"])
        served.ended(served.ids["Fails"])
        served.until(served.ids["Gated"], lambda run: run.progress.running == 1)
        yield served


@pytest.fixture
def shown(running):
    """Gives the page of a run as text."""
    http = running.app.test_client()
    return lambda name, query="", **headers: http.get(f"/runs/{running.ids.get(name, name)}{query}", headers=headers)


def words(answer):
    """What stands on it, without its marks."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def ended_with(served, tasks):
    """The id of a new run that has failed, whose tasks are these."""
    asked = served.app.test_client().post("/api/v1/runs", json={"pipeline": "Fails"}).json["id"]
    served.ended(asked)
    with served.database.write() as connection:
        executions.upsert(connection, [task.evolve(run_id=asked) for task in tasks])
    return asked


def fail(served, run_id, message, task_id):
    """Have it that a run has failed with an error of a task."""
    error = RunError("TaskFailed", message, task_id).to_json()
    with served.database.write() as connection:
        connection.execute(runs.update().where(runs.c.id == run_id).values(state="failed", error=error))


def print_lines(served, run_id, lines):
    """Have lines at the end of the log of a run."""
    with attempt_folder(served.database.path.parent, run_id, 1).log_file.open("ab") as file:
        file.writelines(map(encode, lines))


def test_tasks_that_are_told_between_two_looks_do_not_make_the_progress_less_than_nothing(shown, running):
    # Given a run with more complete tasks than its progress had when it was looked at
    found = [TaskExecution("", 1, f"Raw_{n}", "Raw", "complete") for n in range(3)]
    asked = ended_with(running, found)
    with running.database.write() as connection:
        set_progress(connection, asked, Progress(total=13, done=2))
    page = shown(asked).text
    # Then
    assert re.findall(r'width="-[^"]*"', page) == []
    assert re.search(r'class="progress"><svg role="img" aria-label="([^"]*)"', page)[1].startswith("0 done, 3 complete")


def test_a_live_run_says_what_it_does_and_can_be_cancelled(shown, running):
    page = shown("Gated")
    text = words(page)
    assert "It runs. Now: Gated." in text
    assert "0 of 1 task , 1 running" in text
    assert "1 task in 1 family" in text
    assert f'action="/runs/{running.ids["Gated"]}/cancel"' in page.text
    assert "/retry" not in page.text


def test_a_failed_run_tells_its_error_before_anything_else(shown, running):
    page = shown("Fails")
    text = words(page)
    assert text.index("RuntimeError: as it always does") < text.index("Progress")
    assert "1 error Fails_1 about to fail" in re.sub(r"\d\d:\d\d:\d\d\.\d+ ", "", text)
    assert "This pipeline has not succeeded before." in text
    assert f'action="/runs/{running.ids["Fails"]}/retry"' in page.text
    assert "/launch/Fails?" in page.text


def test_the_last_line_of_the_users_code_is_told_and_what_the_failure_stopped(shown, running):
    # Given a task that failed in a library that the user's code calls, and one that needs it
    trace = """Runtime error:
Traceback (most recent call last):
  File "/venv/lib/python3.11/site-packages/luigi/worker.py", line 9, in run
    task_gen = self.task.run()
  File "/home/ada/shop/load.py", line 118, in insert
    connection.execute(insert(facts), batch)
  File "/venv/lib/python3.11/site-packages/sqlalchemy/engine.py", line 3, in execute
    raise OperationalError
OperationalError: database is locked
"""
    error = RunError("TaskFailed", "OperationalError: database is locked", "Load_1", trace)
    tasks = [
        TaskExecution("", 1, "Load_1", "Load", "failed"),
        TaskExecution("", 1, "Top_1", "Top", "pending", {}, ("Load_1",)),
    ]
    asked = ended_with(running, tasks)
    with running.database.write() as connection:
        connection.execute(runs.update().where(runs.c.id == asked).values(error=error.to_json()))
    # When
    page = shown(asked)
    # Then
    text = words(page)
    assert "OperationalError: database is locked Line 1 of the log" in text
    assert "/home/ada/shop/load.py:118 in insert , task Load" in text
    assert "118 connection.execute(insert(facts), batch)" in text
    assert "2 frames of libraries in grey" in text
    assert re.search(r"\d+ tasks? (was|were) not reached : Top", text)


def test_the_line_of_the_log_that_has_the_error_is_the_one_that_is_led_to(shown, running):
    # Given a log in which the error is neither the first nor the last of what went wrong, nor the last of its task
    asked = ended_with(running, [])
    told = [("INFO", "reading"), ("ERROR", "failed Fails()\nRuntimeError: as it always does"), ("ERROR", "and so")]
    print_lines(running, asked, [LogLine(2.0, level, "stdout", "Fails_1", 1, text) for level, text in told])
    # When, Then
    assert "RuntimeError: as it always does Line 3 of the log" in words(shown(asked))


def test_lines_of_other_tasks_before_the_error_have_their_names(shown, running):
    # Given a task that has printed nothing before it failed
    other = TaskExecution("", 1, "Slice_weather_1a2b", "Slice", "done", {"table": "weather"})
    asked = ended_with(running, [TaskExecution("", 1, "Quiet_1", "Quiet", "failed"), other])
    fail(running, asked, "KeyError: 'day'", "Quiet_1")
    lines = [("INFO", other.task_id, "3 rows"), ("ERROR", None, "Quiet() failed\nKeyError: 'day'")]
    print_lines(running, asked, [LogLine(2.0, level, "luigi", task, 1, text) for level, task, text in lines])
    # When, Then
    assert "info Slice weather 3 rows" in words(shown(asked))


def test_the_lines_around_the_failing_one_stand_as_the_run_has_read_them(shown, running):
    # Given a task that failed in line 9 of its code
    lines = ["    def run(self):", "        rows = self.read()", "        return 1 / 0  # <b>", "", "    def read"]
    raised = {"file": "/home/ada/load.py", "line": 9, "function": "run", "first": 7, "lines": lines}
    asked = ended_with(running, [TaskExecution("", 1, "Load_1", "Load", "failed", raised=raised)])
    fail(running, asked, "ZeroDivisionError: division by zero", "Load_1")
    # When
    page = shown(asked)
    # Then the failing one is marked, and all have their numbers
    text = words(page)
    assert "/home/ada/load.py:9 in run , task Load" in text
    assert " 7 def run(self): 8 rows = self.read() 9 return 1 / 0 # <b> 10 11 def read" in text
    (marked,) = re.findall(r'<b class="line-now">(.+?)</b>', page.text)
    assert "return 1 / 0" in marked
    assert "&lt;b&gt;" in marked


def test_what_differs_from_the_last_success_stands_beside_the_error(shown, running):
    # Given a run that succeeded, and one with another value that failed and printed what the other did not
    http = running.app.test_client()
    asked = http.post("/api/v1/runs", json={"pipeline": "Hello", "parameters": {"who": "bob"}}).json["id"]
    running.ended(asked)
    fail(running, asked, "KeyError: 'x'", "Hello_1")
    # When
    page = shown(asked)
    # Then
    text = words(page)
    assert "The code is the same." in text
    assert "1 parameter is not the same : who=ada → bob" in text
    assert "The first new line of its log is line 1 : hello bob" in text
    assert f'href="/compare/{running.ids["Hello"]}/{asked}"' in page.text


def test_a_run_that_succeeded_tells_what_vouches_for_it_and_how_to_repeat_it(shown):
    text = words(shown("Hello"))
    assert "All that was asked for is there." in text
    assert "luigi --module tasks.hello Hello --who ada" in text
    assert "running → succeeded" in text


@pytest.mark.parametrize("part", PARTS)
def test_each_part_is_made_alone_as_the_page_has_it(shown, running, part):
    for name in running.ids:
        made = shown(name, **{"X-Parts": part}).text.strip()
        assert re.match(r"<\w+[^>]* id=\"(\w+)\"", made)[1] == part
        assert made.endswith(">")


def test_an_id_may_be_shortened_and_what_is_unknown_is_not_found(running):
    http = running.app.test_client()
    whole = running.ids["Hello"]
    short = http.get(f"/runs/{whole[:-2]}?task=Hello_1")
    assert (short.status_code, short.headers["Location"]) == (302, f"/runs/{whole}?task=Hello_1")
    unknown = http.get("/runs/0123", headers={"Accept": "text/html"})
    assert unknown.status_code == 404
    assert "0123" in unknown.text


def test_a_chosen_task_is_marked_everywhere_and_stays_chosen_with_other_choices(shown):
    page = shown("Hello", "?task=Hello_1&q=hello&all=tasks")
    assert page.text.count('aria-current="true"') >= 2
    assert '<tr data-row aria-selected="true">' in page.text
    assert "Selected" in words(page)
    assert 'href="?task=Hello_1&amp;state=done&amp;all=tasks&amp;q=hello#tasks"' in page.text
    assert "Selected" not in words(shown("Hello", "?task=Nobody_1"))


def test_what_tasks_are_called_stays_text_and_hidden_marks_are_seen(shown, running):
    # Given tasks whose everything is hostile
    task = TaskExecution(
        "", 1, HOSTILE, HOSTILE, "failed", {HOSTILE: HOSTILE}, ("Gated_1",), (HOSTILE,), 1.0, 2.0,
        message=HOSTILE, explanation=HOSTILE, waiting_for=HOSTILE,
    )  # fmt: skip
    # When they are shown, chosen
    page = shown(ended_with(running, [task]), f"?task={HOSTILE}")
    # Then
    assert "<script>alert" not in page.text
    assert "\u202e" not in words(page)
    assert "\x1b" not in words(page)
    assert "⟨U+202E⟩evil" in words(page)


def test_who_may_only_read_sees_no_form(tmp_path):
    with service(tmp_path / "home", token_needed=True) as served:
        headers = {name: {"Authorization": f"Bearer {secret(served, name)}"} for name in ("read", "run")}
        http = served.app.test_client()
        asked = http.post("/api/v1/runs", json={"pipeline": "Fails"}, headers=headers["run"]).json["id"]
        served.ended(asked)
        pages = {name: http.get(f"/runs/{asked}", headers=headers[name]).text for name in headers}
    assert "/retry" in pages["run"]
    assert "/retry" not in pages["read"]
    assert "/launch" not in pages["read"]


def test_the_tasks_are_kept_as_a_file(shown):
    items = json.loads(shown("Fails", "?as=json").get_data())["items"]
    assert items == []
    assert shown("Gated", "?as=csv").text.startswith("task_id,family,parameters,status")


def test_thousands_of_tasks_are_folded_and_weigh_little(shown, running):
    # Given 2 000 tasks that need each other, and their root
    tasks = [
        TaskExecution(
            "", 1, f"Leaf_{n}", "Leaf", "done", {"n": str(n)}, (f"Leaf_{n - 1}",) if n % 4 else (), (), 1.0, 2.0
        )
        for n in range(2_000)
    ]
    asked = ended_with(running, [*tasks, TaskExecution("", 1, "Big_1", "Big", "failed", {}, ("Leaf_1999",))])
    # When
    page = shown(asked)
    # Then
    assert "2 001 tasks in 2 families" in words(page)
    assert len(gzip.compress(page.get_data())) < 30_000
    whole = shown(asked, "?open=*", **{"X-Parts": "graph"})
    assert whole.text.count('<a class="node') == 2_001
    assert len(gzip.compress(whole.get_data(), 4)) < 120_000


def secret(served, scope):
    """A new token."""
    made, now = new_token(digest_of(scope).encode()[:32]), time.time()
    with served.database.write() as connection:
        tokens.insert(connection, name=scope, scope=scope, digest=digest_of(made), now=now, expires_at=now + 99)
    return made
