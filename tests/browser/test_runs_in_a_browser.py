"""The list of runs and two runs side by side, in a real browser: live, by keyboard, without scripts, for everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from served import service
from windows import NARROW, WIDE

from trigger_service.client import Client


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A service with runs that have ended in different ways, and one that waits for the test."""
    with service(tmp_path_factory.mktemp("list") / "home") as running, Client(running.url) as client:
        for asked in (("Hello", {"who": "ada"}), ("Hello", {"who": "bob"}), ("Fails", {})):
            running.ended(client.run(*asked).id)
        running.running(client.run("Gated", {"n": 1}).id)
        yield running
        running.gate.set()


def test_runs_come_by_themselves_and_are_selected_and_cancelled_by_keyboard(served, look):
    # Given the list, on which a run is selected by keys alone
    page = look(f"{served.url}/runs?pipeline=Gated")
    page.locator("html[data-live=live]").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("x")
    bar = page.get_by_role("region", name="Selected runs")
    expect(bar).to_be_visible()
    # When another run comes
    with Client(served.url) as client:
        other = client.run("Gated", {"n": 2}).id
    # Then it stands above, and the selection is as it was
    page.locator(f"#r-{other}").wait_for()
    box = page.get_by_role("row").filter(has_text="n=1").get_by_role("checkbox")
    expect(box).to_be_checked()
    expect(page.locator("input[name=run]:checked")).to_have_count(1)
    # And when what is selected is cancelled, it is said before what that does, and then what became of it
    bar.get_by_role("button", name="Cancel").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel 1 run?")
    page.get_by_role("button", name="Cancel 1 run").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 run was asked to end")
    expect(page.get_by_role("region", name="Run by run").get_by_text("Cancelled")).to_be_visible()


def test_the_list_is_filtered_and_runs_are_compared_without_a_script(served, look):
    # Given a browser that runs none
    page = look(f"{served.url}/runs", java_script_enabled=False)
    # When a filter is set, and taken away
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Pipeline", exact=True).fill("Hello")
    page.get_by_label("Succeeded").check()
    page.get_by_role("button", name="Show these runs").click()
    assert page.locator("tr[data-row]").count() == 2
    page.get_by_label("Remove filter state succeeded").click()
    assert page.url == f"{served.url}/runs?pipeline=Hello"
    # Then all that are shown can be selected, and two of them are compared
    page.get_by_label("Select all runs shown").click()
    page.get_by_role("button", name="Compare").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Compare Hello"
    page.get_by_role("row", name="who parameter ada bob").wait_for()


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [
        pytest.param(NARROW, "dark", id="narrow"),
        pytest.param(WIDE, "light", id="wide", marks=pytest.mark.long),
        pytest.param(WIDE, "dark", id="wide and dark", marks=pytest.mark.long),
    ],
)
def test_everybody_can_read_and_use_the_list_and_what_leads_from_it(served, look, viewport, scheme):
    page = look(f"{served.url}/runs?state=failed&state=succeeded&select=shown", viewport, color_scheme=scheme)
    page.get_by_text("Filter", exact=True).click()
    _is_for_everybody(page)
    ids = [page.locator("input[name=run]").nth(place).get_attribute("value") for place in range(3)]
    selected = "&".join(f"run={run_id}" for run_id in ids)
    more = (f"/runs/retry?{selected}", f"/compare/{ids[2]}/{ids[0]}", f"/runs/{ids[0]}/retry?scope=everything")
    for path in more:
        page.goto(f"{served.url}{path}")
        _is_for_everybody(page)


def _is_for_everybody(page):
    """Clean by axe, and not wider than the window."""
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
