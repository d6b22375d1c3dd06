"""A look into what a run has written, over HTTP: what is shown, how harmless it is, and who may look."""

import pytest
from served import service

from trigger_service.domain.target_writes import TargetWrite
from trigger_service.store import target_writes

PAGE = "<script>alert(1)</script><p>Report</p>"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A service with a run that has written a table, a page, a picture and something that is gone."""
    with service(tmp_path_factory.mktemp("preview") / "home") as served:
        http = served.app.test_client()
        served.run = http.post("/api/v1/runs", json={"pipeline": "Hello", "parameters": {"who": "ada"}}).json["id"]
        served.ended(served.run)
        writes = [written(served.run, f"/out/{name}") for name in ("a.csv", "b.html", "c.png", "d.missing", "e.txt")]
        with served.database.write() as connection:
            target_writes.record(connection, writes)
        found = served.services.targets.of_run(served.run)
        served.numbers = {write.url.rpartition(".")[2]: write.id for write in found}
        yield served


@pytest.fixture
def look(running):
    """Gives the look into one of them, or what is inside it alone."""
    http = running.app.test_client()
    return lambda kind, inside="": http.get(f"/runs/{running.run}/preview{inside}?target={running.numbers[kind]}")


def written(run_id, url):
    of = {"run_id": run_id, "attempt": 1, "task_id": "Hello_1", "family": "Hello", "module": "tasks.hello"}
    place = {"pipeline": "Hello", "parameters": {}, "location": "default", "environment": "default"}
    return TargetWrite(url=url, version="v1", time=1_000.0, size=12, **of, **place)


def test_a_table_is_shown_as_text(look):
    page = look("csv")
    assert page.status_code == 200
    assert "&lt;b&gt;day" in page.text
    assert "It is not what this run wrote" in page.text


def test_a_page_is_in_a_frame_that_may_do_nothing(look, running):
    page, inside = look("html"), look("html", "/content")
    assert f'<iframe class="preview-page" sandbox src="/runs/{running.run}/preview/content?target=' in page.text
    assert "alert" not in page.text
    assert inside.text == PAGE
    policy = inside.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert policy.endswith("; sandbox")
    assert "script-src" not in policy


def test_a_picture_is_sent_as_what_it_is(look):
    inside = look("png", "/content")
    assert (inside.mimetype, inside.get_data()) == ("image/png", b"\x89PNG")
    assert inside.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_gone_or_cannot_be_read_says_so(look):
    assert "There is nothing in its place now." in look("missing").text
    assert "It cannot be read: " in look("txt").text
    assert look("csv", "/content").status_code == 404


@pytest.mark.parametrize("asked", ["", "x", "-1", "../../etc/passwd", "9" * 30])
def test_only_a_number_names_a_target(running, asked):
    answer = running.app.test_client().get(f"/runs/{running.run}/preview", query_string={"target": asked})
    assert answer.status_code == 422


def test_what_another_run_wrote_is_not_found(running):
    http = running.app.test_client()
    other = http.post("/api/v1/runs", json={"pipeline": "Hello", "parameters": {"who": "bob"}}).json["id"]
    running.ended(other)
    assert http.get(f"/runs/{other}/preview?target={running.numbers['csv']}").status_code == 404
