"""Pages instead of those that cannot be shown: what happened, what is not affected, the way out."""

import re

import pytest
from reader import ORIGIN, form_token, text
from served import service

from trigger_service.domain.run import Run, Trigger
from trigger_service.domain.target_writes import TargetWrite
from trigger_service.store import runs, target_writes

DONE = "01890a5d-ac96-774b-bcce-b302099a8057"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FROM = {**ORIGIN, "Referer": "http://localhost/limits?done=x"}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with service(tmp_path_factory.mktemp("refused") / "home") as served:
        about = {"pipeline": "Hello", "module": "tasks.hello", "parameters": {}, "texts": {}, "task_id": "Hello_1"}
        place = {"location": "default", "environment": "default", "parameters": {}, "time": 2.0, "family": "Hello"}
        told = {"task_id": "Hello_1", "module": "tasks.hello", "pipeline": "Hello", **place}
        with served.database.write() as connection:
            runs.insert(
                connection, Run(DONE, "succeeded", trigger=Trigger("api"), created_at=1.0, **about), identity="d"
            )
            written = [
                TargetWrite(url, "v", DONE, 1, **told) for url in ("/srv/raw.csv", "https://a:5ecret@srv/raw.csw")
            ]
            target_writes.record(connection, written)
        yield served


@pytest.fixture
def http(running):
    return running.app.test_client()


def test_what_there_is_not_is_told_with_what_is_close_to_it_and_where_all_are(http):
    answer = http.get("/targets?url=/srv/row.csv")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert re.search("Close to what you asked for /srv/raw.csv", text(answer))
    assert 'href="/targets?url=%2Fsrv%2Fraw.csv"' in answer.text
    assert "what is there is not touched" in text(answer)
    assert 'href="/targets">' in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert "5ecret" not in http.get("/targets?url=https://a:5ecret@srv/raw.css").text
    assert "All operations" in text(http.get("/operations/none"))


def test_a_page_that_there_is_not_is_a_page_for_a_browser_and_a_document_for_a_program(http):
    nowhere = text(http.get("/nowhere", headers=BROWSER))
    assert "There is nothing at /nowhere." in nowhere
    assert "Starts by itself Schedules" in nowhere  # with the menu of every page
    assert http.get("/nowhere").mimetype == "application/problem+json"
    assert http.get("/api/v1/nowhere", headers=BROWSER).mimetype == "application/problem+json"


def test_the_page_of_a_refusal_does_not_go_on_asking_for_what_was_refused(http):
    assert 'data-moment=""' in http.get("/runs/nothing", headers=BROWSER).text
    assert 'data-moment=""' not in http.get("/runs", headers=BROWSER).text


def test_what_is_wrong_with_an_address_is_told_by_its_parts(http):
    answer = http.get("/targets?cursor=x&run=y")
    assert answer.status_code == 422
    assert re.search(r"nothing was started\. \?cursor .*Overview", text(answer))


def test_a_refused_form_leads_back_to_its_page(http):
    token = form_token(http)
    answer = http.post("/limits/reset", data={"form_token": token, "name": "none"}, headers=FROM)
    assert (answer.status_code, "Nothing else is affected." in text(answer)) == (404, True)
    assert 'href="/limits?done=x"' in answer.text
    refused = http.post("/limits/reset", data={"name": "none"}, headers={**ORIGIN, "Referer": "http://evil/x"})
    assert (refused.status_code, "evil" in refused.text, "Nothing was changed." in text(refused)) == (403, False, True)


@pytest.fixture
def broken(tmp_path):
    """A service whose database cannot be used any more."""
    with service(tmp_path / "home") as served:
        path = served.database.path
        path.rename(tmp_path / "away")  # its bytes stay: threads of the service may have them in memory
        path.mkdir()
        served.database.close()
        yield served


def test_without_a_database_there_still_is_a_page_that_says_so(broken):
    answer = broken.app.test_client().get("/targets")
    assert answer.status_code in (500, 503)
    assert answer.mimetype == "text/html"
    assert "Runs are not affected" in text(answer)
    assert "Try again" in text(answer)
