"""Targets invalidated, put back and deleted by pages: the plan, its confirmation, and the operation's own page."""

import contextlib
import re

import pytest
from polling import until
from reader import send, text
from served import service

from trigger_service.domain.run import Run, TaskExecution, Trigger
from trigger_service.domain.target_writes import TargetInput, TargetWrite
from trigger_service.service.turns import AT_ONCE
from trigger_service.store import executions, runs, target_writes

DONE = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with service(tmp_path_factory.mktemp("operations") / "home") as served:
        with served.database.write() as connection:
            about = {"pipeline": "Hello", "module": "tasks.hello", "parameters": {}, "texts": {}, "task_id": "Hello_1"}
            run = Run(DONE, "succeeded", trigger=Trigger("api"), attempt=1, created_at=1.0, **about)
            runs.insert(connection, run, identity="done")
        yield served


@pytest.fixture
def chain(running, request):
    """raw -> facts -> report of this test alone; gives the URL of each."""
    own = re.sub(r"\W", "_", request.node.name)
    raw, facts, report = (f"/srv/{own}/{name}" for name in ("raw", "facts", "report"))
    with running.database.write() as connection:
        took = {"started_at": 10.0, "finished_at": 12.0}
        tasks = [("Raw", raw, ()), ("Facts", facts, (f"Raw_{own}",)), ("Sum", report, (f"Facts_{own}",))]
        executions.upsert(
            connection,
            [TaskExecution(DONE, 1, f"{f}_{own}", f, "done", {}, needs, (url,), **took) for f, url, needs in tasks],
        )
        written = [("Raw", raw), ("Facts", facts, raw), ("Sum", report, facts)]
        target_writes.record(connection, [write(own, *each) for each in written])
    running.shelf.targets.update({raw: "raw", facts: "facts", report: "report"})
    return raw, facts, report


def write(own, family, url, *inputs):
    about = {"task_id": f"{family}_{own}", "family": family, "module": "tasks.hello", "pipeline": "Hello"}
    place = {"location": "default", "environment": "default", "parameters": {}, "time": 2.0}
    return TargetWrite(url, "v", DONE, 1, inputs=tuple(TargetInput(each) for each in inputs), **about, **place)


@pytest.fixture
def http(running):
    return running.app.test_client()


def over(http, address):
    """The page of an operation, once nothing of it moves any more."""
    going_on = ("moving", "undoing", "expiring")
    until(lambda: http.get(f"/api/v1{address}").json["state"] not in going_on, "the operation is over")
    return http.get(address)


def test_the_plan_says_what_would_be_moved_how_large_it_is_and_how_long_it_takes_to_build(running, http, chain):
    # When
    answer = http.get("/targets/invalidate", query_string={"url": chain[1]})
    # Then
    shown = text(answer)
    assert answer.status_code == 200
    assert "Targets to move 2 of 2 tasks" in shown
    assert "Size 11 B" in shown
    assert re.search(r"To build them again 4 s", shown)
    assert "Move 2 targets, 11 B , into the trash" in shown.replace("B,", "B ,")
    assert set(chain[1:]) <= set(running.shelf.targets)
    # And of it alone
    assert "Targets to move 1 of 1 task " in text(
        http.get("/targets/invalidate", query_string={"url": chain[1], "only": "yes"})
    )


def test_what_surrounds_an_open_plan_is_made_again_without_a_look_at_the_targets(running, http, chain):
    # Given a service that cannot look at targets for anybody else now
    plans = ("/targets/invalidate?url=" + chain[1], f"/runs/{DONE}/retry?scope=everything")
    with contextlib.ExitStack() as others:
        for number in range(AT_ONCE):
            others.enter_context(running.services.turns.taken(f"other {number}"))
        assert [http.get(address).status_code for address in plans] == [429, 429]
        # When an open page of a plan asks for its menu and its health
        answers = [http.get(address, headers={"X-Parts": "side health"}) for address in plans]
    # Then it gets these
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all('id="side"' in answer.text and 'id="health"' in answer.text for answer in answers)


def test_an_invalidation_moves_everything_is_put_back_and_is_deleted_for_good_in_the_end(running, http, chain):
    # When
    begun = send(http, "/targets/invalidate", url=chain[0], note="the archive was corrected")
    # Then
    address = begun.headers["Location"]
    assert begun.status_code == 303
    shown = text(over(http, address))
    assert "In the trash" in shown
    assert "3 targets wait in the trash, until" in shown
    assert "Why the archive was corrected" in shown
    assert not set(chain) & set(running.shelf.targets)
    assert "In the trash" in text(http.get("/targets", query_string={"prefix": chain[0]}))
    assert address in http.get("/targets", query_string={"url": chain[1]}).text
    assert re.search(
        r"In the trash Invalidation of raw the archive was corrected 3 14 B", text(http.get("/operations"))
    )
    # And when it is undone
    assert send(http, f"{address}/undo").headers["Location"] == address
    assert "All of it is where it was." in text(over(http, address))
    assert set(chain) <= set(running.shelf.targets)
    # And when it is moved again and deleted
    address = send(http, "/targets/invalidate", url=chain[0]).headers["Location"]
    over(http, address)
    assert send(http, f"{address}/purge").status_code == 303
    assert "is deleted for good" in text(over(http, address))
    assert not {url for _, url in running.shelf.trash} & set(chain)
    row = http.get("/api/v1/audit", query_string={"subject": f"operation {address.rpartition('/')[2]}"}).json["items"][
        0
    ]
    assert (row["action"], row["actor"]) == ("trash emptied", "form 127.0.0.1")
    assert "nothing of it can be deleted" in text(refused := send(http, f"{address}/purge"))
    assert refused.status_code == 409
    # And it is in the files
    items = http.get("/operations?as=json").json["items"]
    assert [item["state"] for item in items if chain[0] in item["named"]] == ["expired", "undone"]


def test_what_cannot_be_moved_is_named_and_there_is_no_button(running, http, chain):
    running.shelf.stuck[chain[2]] = ("look", "a <b>wall</b>")
    answer = http.get("/targets/invalidate", query_string={"url": chain[0]})
    refused = send(http, "/targets/invalidate", url=chain[0], note="kept")
    running.shelf.stuck.clear()
    assert f"{chain[2]} cannot be moved: a <b>wall</b>." in text(answer)
    assert "into the trash</button>" not in answer.text
    assert (refused.status_code, "Nothing was moved." in text(refused)) == (409, True)
    assert 'value="kept"' in refused.text
    assert chain[0] in running.shelf.targets


def test_what_was_built_again_meanwhile_is_not_replaced_by_an_undo(running, http, chain):
    address = send(http, "/targets/invalidate", url=chain[2]).headers["Location"]
    over(http, address)
    running.shelf.targets[chain[2]] = "new"
    refused = send(http, f"{address}/undo")
    assert (refused.status_code, "it has been built again meanwhile" in text(refused)) == (409, True)
    assert running.shelf.targets[chain[2]] == "new"


def test_an_operation_that_there_is_not_and_lists_without_any_are_told(http):
    assert http.get("/operations/none").status_code == 404
    assert "No operation is like this" in text(http.get("/operations?state=moving"))
    assert http.get("/operations?state=lost").status_code == 422
    assert http.get("/operations?cursor=x").status_code == 422


def test_what_is_a_secret_in_a_url_is_on_no_page_of_an_operation(running, http):
    # Given
    url = "https://ada:5ecret@shelf.example/x"
    with running.database.write() as connection:
        target_writes.record(connection, [write("signed", "Signed", url)])
    running.shelf.targets[url] = "x"
    name = re.search(r'href="/targets\?of=(\d+)"', http.get("/targets?q=shelf.example").text)[1]
    # When it is refused, and then moved
    running.shelf.stuck[url] = ("look", "it is stuck")
    pages = [http.get(f"/targets/invalidate?of={name}"), send(http, "/targets/invalidate", of=name)]
    running.shelf.stuck.clear()
    address = send(http, "/targets/invalidate", of=name).headers["Location"]
    pages += [
        over(http, address),
        http.get("/operations"),
        http.get("/operations?as=csv"),
        http.get("/settings/audit?as=csv"),
    ]
    # Then
    for page in pages:
        assert "shelf.example" in page.text or "Invalidation of x" in page.text
        assert "5ecret" not in page.text
    assert url not in running.shelf.targets
