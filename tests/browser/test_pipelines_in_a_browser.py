"""The pages of pipelines in a real browser: live, without scripts, and for everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from served import service
from windows import NARROW, WIDE

from trigger_service.client import Client

#: A name that is no text but wants to be more: markup, a change of direction, a colour of a terminal.
HOSTILE = '<img src=x onerror="document.title=1">\N{RIGHT-TO-LEFT OVERRIDE}\x1b[31mred'


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A service with a pipeline that has run, whose parameter is hostile, and one that fails."""
    with service(tmp_path_factory.mktemp("pipelines") / "home") as running:
        with Client(running.url) as client:
            asked = [client.run("Hello", {"who": HOSTILE}).id, client.run("Fails", {}).id]
        for run_id in asked:
            running.ended(run_id)
        yield running


def test_a_new_run_appears_in_the_list_and_in_the_grid_of_its_pipeline(served, look):
    # Given the list of what fails, and the page of a pipeline
    board = look(f"{served.url}/pipelines?show=failing")
    assert board.get_by_role("row").count() == 2
    board.get_by_role("link", name="Fails", exact=True).click()
    grid = board.get_by_role("region", name="Grid of tasks by run")
    grid.get_by_role("link", name="Run 1 of 1, failed").wait_for()
    # When it is run again
    with Client(served.url) as client:
        again = client.run("Fails", {}).id
    # Then the page has one column more, which leads to that run
    newest = grid.get_by_role("link", name="Run 2 of 2, failed")
    newest.wait_for()
    newest.click()
    board.wait_for_url(f"**/runs/{again}")


def test_which_days_are_complete_is_found_out_without_a_script(served, look):
    # Given a browser that runs none
    page = look(f"{served.url}/pipelines/Daily?at=2013", java_script_enabled=False)
    # When the targets are asked, and looked at again until they have answered
    page.get_by_role("button", name="Ask the targets").click()
    for _ in range(200):
        if page.get_by_role("button", name="Ask again").is_visible():
            break
        page.get_by_role("link", name="Look again").click()
    # Then the missing ones can be filled in
    page.get_by_role("group", name="January: 1 of 31 complete").wait_for()
    page.get_by_role("link", name="Backfill 364 days").click()
    assert page.get_by_label("From").input_value() == "2013-01-01"
    assert page.get_by_label("To", exact=True).input_value() == "2013-12-31"


@pytest.mark.parametrize(
    ("viewport", "theme"),
    [
        pytest.param(WIDE, "light", id="wide and light", marks=pytest.mark.long),
        pytest.param(NARROW, "dark", id="narrow and dark"),
        pytest.param(WIDE, "dark", id="wide and dark", marks=pytest.mark.long),
        pytest.param(NARROW, "light", id="narrow and light", marks=pytest.mark.long),
    ],
)
def test_everybody_can_read_the_pages_of_pipelines(served, look, viewport, theme):
    page = look(f"{served.url}/pipelines", viewport, color_scheme=theme)
    for path in ("/pipelines", "/pipelines/Hello", "/pipelines/Daily?at=2013"):
        page.goto(f"{served.url}{path}")
        assert Axe().run(page).generate_snapshot() == "", path
        width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1], path
        assert page.title().endswith("Luigi Trigger")
