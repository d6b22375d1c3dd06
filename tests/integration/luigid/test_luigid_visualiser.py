"""Luigi's visualiser on our luigid."""

import importlib.util
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest
from luigids import Bench, Luigid

#: What the visualiser asks for in order to show something, with arguments as it sends them.
READS = {
    "task_list": {"status": "RUNNING", "upstream_status": "", "search": ""},
    "dep_graph": {"task_id": "F_1", "include_done": True},
    "inverse_dep_graph": {"task_id": "F_1", "include_done": True},
    "fetch_error": {"task_id": "F_1"},
    "get_task_status_message": {"task_id": "F_1"},
    "get_task_progress_percentage": {"task_id": "F_1"},
    "worker_list": {},
    "resource_list": {},
    "is_pause_enabled": {},
    "is_paused": {},
    "has_task_history": {},
    "graph": {},
    "task_search": {"task_str": "F"},
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Luigid]:
    """One luigid for all tests that only look, with one task."""
    with ExitStack() as processes:
        luigid = Bench(tmp_path_factory.mktemp("shown"), processes).luigid()
        luigid.call("add_task", worker="A", task_id="F_1", family="F")
        yield luigid


@pytest.fixture
def luigid(bench: Bench) -> Luigid:
    return bench.luigid()


def test_its_page_and_everything_the_page_loads_are_there(shown: Luigid) -> None:
    page = shown.request("GET", "/static/visualiser/index.html")

    assert page.status == 200
    assert shown.request("GET", "/").headers["Location"] == "static/visualiser/index.html"
    for link in re.findall(r'(?:src|href)="((?:lib|js|css)/[^"]+)"', page.text):
        assert shown.request("GET", f"/static/visualiser/{link}").status == 200, link


@pytest.mark.parametrize("method", READS)
def test_what_it_shows_is_answered_by_get_and_by_post(shown: Luigid, method: str) -> None:
    by_get = shown.request("GET", f"/api/{method}?data={quote(json.dumps(READS[method]))}")

    assert by_get.status == 200
    assert json.loads(by_get.text)["response"] == shown.call(method, **READS[method])


def test_its_buttons_call_by_post(shown: Luigid, stock_script: str) -> None:
    script = shown.request("GET", "/static/visualiser/js/luigi.js").text

    assert 'method: "GET"' not in script
    assert stock_script.count('method: "GET"') == script.count('method: "POST"') == 1


def test_every_method_that_its_script_names_is_served(luigid: Luigid, stock_script: str) -> None:
    methods = set(re.findall(r"""urlRoot \+ ["']/(\w+)["']""", stock_script))

    assert len(methods) > 15
    for method in methods:
        assert luigid.request("POST", f"/api/{method}", "").status != 404, method


def test_the_pause_button_which_sends_no_arguments_works(luigid: Luigid) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded", "Origin": luigid.url}

    assert luigid.request("POST", "/api/pause", "data=", **form).status == 200

    assert luigid.call("is_paused") == {"paused": True}


def test_its_other_buttons_work(luigid: Luigid) -> None:
    luigid.call("add_task", worker="A", task_id="F_1", family="F")
    luigid.call("get_work", worker="A")
    luigid.call("add_task", worker="A", task_id="F_1", family="F", status="FAILED", expl="it failed")

    assert luigid.call("fetch_error", task_id="F_1")["error"] == "it failed"
    assert luigid.call("re_enable_task", task_id="F_1")["status"] == "FAILED"
    assert luigid.call("forgive_failures", task_id="F_1")["status"] == "PENDING"
    assert luigid.call("get_work", worker="A")["task_id"] == "F_1"
    assert luigid.call("mark_as_done", task_id="F_1")["status"] == "DONE"
    luigid.call("disable_worker", worker="A")
    assert luigid.call("worker_list")[0]["state"] == "disabled"


def test_an_address_that_is_nothing_is_not_found(shown: Luigid) -> None:
    for path in ("/nothing", "/api/nothing", "/api/_free", "/api/"):
        answer = shown.request("POST", path, "")
        assert (answer.status, "X-Luigid-Boot" in answer.headers) == (404, True), path


def test_arguments_that_are_no_json_object_are_a_bad_request(shown: Luigid) -> None:
    for data in ("{", "[]", "1"):
        assert shown.request("GET", f"/api/task_list?data={quote(data)}").status == 400, data


@pytest.fixture
def stock_script() -> str:
    luigi = importlib.util.find_spec("luigi")
    return (Path(luigi.origin).parent / "static/visualiser/js/luigi.js").read_text()
