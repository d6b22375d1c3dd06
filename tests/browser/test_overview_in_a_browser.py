"""The first page and the search in a real browser: what fails shows by itself, and is tried again with one click."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from served import service
from windows import NARROW, WIDE

from trigger_service.client import Client
from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A service with something running, a schedule, and a run that has said hello."""
    with service(tmp_path_factory.mktemp("overview") / "home") as running:
        running.services.automation.timetable.save("soon", Timing("interval", "30 minutes"), RunRequest("Gated"), "api")
        with Client(running.url) as client:
            running.running(client.run("Gated", {}).id)
            running.ended(client.run("Hello", {"who": "ada"}).id)
        yield running


def test_what_fails_shows_by_itself_and_is_tried_again_with_one_click(served, look):
    # Given an open overview with nothing that needs anybody
    page = look(served.url)
    page.locator("html[data-live=live]").wait_for()
    # When a run fails
    with Client(served.url) as client:
        failed = client.run("Fails", {}).id
    # Then it stands there with its reason, without a reload, in the timeline and in the menu, too
    attention = page.get_by_role("region", name="Needs attention")
    attention.get_by_text("RuntimeError: as it always does").wait_for()
    assert page.locator(f"#timeline a[href='/runs/{failed}']").count() == 1
    # And when it is tried again
    attention.get_by_role("button", name="Retry missing: Fails").click()
    page.wait_for_url(lambda url: "/runs/" in url and failed not in url)


def test_the_search_is_one_key_away_and_leads_to_the_line(served, look):
    page = look(f"{served.url}/?hours=6")
    page.keyboard.press("/")
    page.keyboard.type("hello ada")
    page.keyboard.press("Enter")
    line = page.get_by_role("region", name="Logs")
    assert line.locator("mark").inner_text() == "hello ada"
    line.get_by_role("link", name="Hello").click()
    page.wait_for_url("**/runs/*#L1")


@pytest.mark.parametrize(("viewport", "theme"), [(WIDE, "dark"), (NARROW, "light")], ids=["wide", "narrow"])
def test_everybody_can_read_the_overview_and_what_was_found(served, look, viewport, theme):
    page = look(served.url, viewport, color_scheme=theme)
    _is_for_everybody(page)
    page.goto(f"{served.url}/search?q=hello")
    _is_for_everybody(page)


def _is_for_everybody(page):
    """Clean by axe, and not wider than the window."""
    assert Axe().run(page).generate_snapshot() == ""
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
