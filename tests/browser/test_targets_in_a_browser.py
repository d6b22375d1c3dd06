"""Targets, operations, settings and refusals in a real browser: with and without scripts, and for everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from polling import until
from served import service
from windows import NARROW, WIDE

from trigger_service.domain.run import Run, TaskExecution, Trigger
from trigger_service.domain.target_writes import TargetInput, TargetWrite
from trigger_service.store import executions, runs, target_writes

DONE = "01890a5d-ac96-774b-bcce-b302099a8057"
RAW, FACTS, REPORT = "/srv/raw.csv", "s3://lake/facts/2026-03.parquet", "/srv/reports/<b>march</b>.html"
PAGES = (
    "/targets",
    "/targets?url=s3://lake/facts/2026-03.parquet",
    f"/targets/invalidate?url={RAW}",
    "/operations",
    "/settings",
    "/settings/tokens",
    "/settings/notifications",
    "/settings/notification/new",
    "/settings/notifications/ops",
    "/settings/audit",
    "/limits",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A service with raw -> facts -> report on record, a notification rule, and a live run."""
    with service(tmp_path_factory.mktemp("shown") / "home") as running:
        about = {"pipeline": "Hello", "module": "tasks.hello", "parameters": {}, "texts": {"who": "me"}}
        took = {"started_at": 10.0, "finished_at": 12.0}
        tasks = [("Raw", RAW, ()), ("Facts", FACTS, ("Raw_1",)), ("Hello", REPORT, ("Facts_1",))]
        with running.database.write() as connection:
            run = Run(DONE, "succeeded", task_id="Hello_1", trigger=Trigger("api"), attempt=1, created_at=1.0, **about)
            runs.insert(connection, run, identity="done")
            executions.upsert(
                connection,
                [TaskExecution(DONE, 1, f"{f}_1", f, "done", {}, needs, (url,), **took) for f, url, needs in tasks],
            )
            written = [write("Raw", RAW), write("Facts", FACTS, RAW), write("Hello", REPORT, FACTS)]
            target_writes.record(connection, written)
        running.shelf.targets.update({RAW: "raw", FACTS: "facts", REPORT: "report"})
        rule = {"events": ["failed"], "channel": {"kind": "slack", "url": "https://hooks.example/x"}}
        running.app.test_client().put("/api/v1/notifications/ops", json=rule)
        yield running


def write(family, url, *inputs):
    about = {"task_id": f"{family}_1", "family": family, "module": "tasks.hello", "pipeline": "Hello"}
    place = {"location": "default", "environment": "default", "parameters": {"n": "1"}, "time": 1.79e9}
    known = {"size": 12, "sha256": "ab", "rows": 7}
    return TargetWrite(url, "v", DONE, 1, inputs=tuple(map(TargetInput, inputs)), **about, **place, **known)


def test_a_target_is_found_verified_invalidated_and_put_back_without_a_script(served, look):
    # Given a browser that runs none
    page = look(f"{served.url}/targets", java_script_enabled=False)
    # When it is looked for, and verified
    page.get_by_label("Part of the URL").fill("lake")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="facts").click()
    page.get_by_role("button", name="Verify").click()
    until(lambda: served.services.rereadings.of(FACTS).ended_at, "it is verified")
    page.reload()
    # Then that is told
    assert "It is what is on record" in page.locator("#verified").inner_text()
    # And when it is invalidated, after its plan
    page.get_by_role("link", name="Invalidate").click()
    page.get_by_label("Why, for the record").fill("a broken feed")
    page.get_by_role("button", name="Move 2 targets, 11 B, into the trash").click()
    until(lambda: FACTS not in served.shelf.targets and REPORT not in served.shelf.targets, "they are moved")
    until(lambda: page.reload() and page.get_by_role("button", name="Put back").count(), "all is moved")
    page.get_by_text("a broken feed").wait_for()
    # And when it is put back, after a question
    page.get_by_role("button", name="Put back").click()
    page.get_by_role("button", name="Put them back").click()
    until(lambda: FACTS in served.shelf.targets and REPORT in served.shelf.targets, "they are back")


def test_an_operation_is_followed_as_it_goes_on_and_a_verification_too(served, look):
    # Given
    page = look(f"{served.url}/targets/invalidate?url={RAW}")
    page.get_by_role("button", name="into the trash").click()
    page.get_by_role("heading", name="In the trash").wait_for()  # by its live part
    # When somebody else undoes it
    served.app.test_client().post(f"/api/v1{page.url.partition(served.url)[2]}/undo", json={})
    # Then the open page says so
    page.get_by_role("heading", name="Put back").wait_for()
    # And a verification is seen to end
    page.goto(f"{served.url}/targets?url={RAW}")
    page.get_by_role("button", name="Verify").click()
    page.get_by_text("It is what is on record").wait_for()


def test_a_token_is_shown_once_and_revoked_by_the_keyboard_alone(served, look):
    page = look(f"{served.url}/settings/tokens")
    page.get_by_label("Name").fill("robot")
    page.keyboard.press("Enter")
    assert page.locator("#token").inner_text().startswith("lt_")
    page.goto(f"{served.url}/settings/tokens")
    assert page.locator("#token").count() == 0
    page.get_by_role("button", name="Revoke robot").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Revoked").wait_for()


@pytest.mark.long
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_for_everybody(served, look, path, viewport):
    # clean by axe, and not wider than the window
    page = look(f"{served.url}{path}", viewport)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert Axe().run(page).generate_snapshot() == "", theme
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
