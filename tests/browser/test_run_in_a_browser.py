"""The page of a run in a real browser: followed live, a task chosen everywhere at once, for everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from served import service
from windows import NARROW, WIDE

from trigger_service.client import Client
from trigger_service.domain.run import TaskExecution
from trigger_service.store import executions

HOSTILE = "<img src=x onerror=alert(1)>\u202e"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A service with a run that has failed, with a few tasks, of which one has been tried again."""
    with service(tmp_path_factory.mktemp("run") / "home") as running, Client(running.url) as client:
        running.failed = client.run("Fails", {}).id
        began = running.ended(running.failed).started_at
        days = [
            TaskExecution(
                running.failed, 1, f"Day_{n}", "Day", "done", {"n": str(n)}, ("Raw_1",), (f"out/{n}",), began, began + 1
            )
            for n in range(60)
        ]
        tasks = [
            TaskExecution(running.failed, 1, "Raw_1", "Raw", "complete"),
            *days,
            TaskExecution(
                running.failed, 1, "Load_1", "Load", "failed", {HOSTILE: HOSTILE}, tuple(d.task_id for d in days)
            ),
            TaskExecution(running.failed, 1, "Top_1", "Top", "pending", {}, ("Load_1",)),
        ]
        with running.database.write() as connection:
            executions.upsert(connection, tasks)
        yield running


def test_a_task_is_chosen_in_the_graph_and_marked_everywhere_without_leaving_the_page(served, look):
    # Given a page that somebody has scrolled
    page = look(f"{served.url}/runs/{served.failed}")
    page.evaluate("window.mine = true")
    # When a task is chosen in the graph
    page.locator("#graph a.node", has_text="Load").click()
    # Then it is marked in the graph, the timeline and the table, named in the bar, and in the address
    page.locator("#selection", has_text="Load").wait_for()
    assert page.locator("#graph a.node[aria-current]").count() == 1
    assert page.locator("#timeline li[aria-current]").inner_text().startswith("Load")
    assert "Load" in page.locator("#tasks tr[aria-selected=true]").inner_text()
    assert page.url.endswith("?task=Load_1")
    assert page.evaluate("window.mine")
    # And a click on a family chooses all of it, Escape nothing, and going back what was chosen before
    page.locator("#graph a.node", has_text="Day").click()
    page.locator("#selection", has_text="60 tasks").wait_for()
    page.keyboard.press("Escape")
    page.locator("#selection").wait_for(state="hidden")
    page.go_back()
    page.locator("#selection", has_text="60 tasks").wait_for()


def test_without_scripts_a_task_is_chosen_and_a_family_opened_by_links(served, look):
    page = look(f"{served.url}/runs/{served.failed}", java_script_enabled=False)
    page.locator("#tasks").get_by_role("link", name="Load").click()
    assert "Load" in page.locator("#selection").inner_text()
    page.locator("#graph").get_by_role("link", name="Open all families").click()
    assert page.locator("#graph a.node").count() == 63
    assert "Load" in page.locator("#selection").inner_text()


def test_a_run_is_followed_to_its_end_and_nothing_that_is_in_use_jumps(served, look):
    # Given the page of a run, on which somebody has closed a part
    served.gate.clear()
    with Client(served.url) as client:
        run = client.run("Gated", {"n": 7}).id
    served.until(run, lambda found: found.progress.running == 1)
    page = look(f"{served.url}/runs/{run}")
    page.get_by_text("It runs. Now: Gated.").wait_for()
    page.locator("html[data-live=live]").wait_for()
    page.locator("#targets > summary").click()
    # When it ends
    served.gate.set()
    # Then the page says so by itself
    page.locator("#head .status-pill", has_text="Succeeded").wait_for()
    page.get_by_text("All that was asked for is there.").wait_for()
    assert page.locator("#targets").get_attribute("open") is None
    assert page.get_by_role("button", name="Cancel").count() == 0


@pytest.mark.parametrize("viewport", [pytest.param(WIDE, marks=pytest.mark.long), NARROW], ids=["wide", "narrow"])
def test_everybody_can_read_it(served, look, viewport):
    page = look(f"{served.url}/runs/{served.failed}?task=Load_1", viewport)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert Axe().run(page).generate_snapshot() == "", theme
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
