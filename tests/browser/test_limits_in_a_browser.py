"""The page of limits in a real browser: at work without scripts, and for everybody."""

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from served import service
from windows import NARROW, WIDE

from trigger_service.client import Client
from trigger_service.domain.admission import Limits


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A service with pools that are free, full, many, and too small for the runs that are in them."""
    with service(tmp_path_factory.mktemp("limits") / "home", Limits(runs=8, pools={"lake": 40})) as running:
        with Client(running.url) as client:
            client.pools.save("warehouse", body={"slots": 1})
            asked = [client.run("Gated", {"n": n}, pools=["lake", "warehouse"][: 1 + n % 2]).id for n in range(5)]
            for number in (0, 1, 2, 4):
                running.running(asked[number])
            client.pools.save("pipeline:Gated", body={"slots": 2})
        yield running


def test_a_pool_is_made_and_resized_without_a_script(served, look):
    # Given a browser that runs none
    page = look(f"{served.url}/limits", java_script_enabled=False)
    # When a pool is made
    page.get_by_label("Name").fill("lab")
    page.get_by_label("Slots", exact=True).fill("two")
    page.get_by_role("button", name="Make it").click()
    # Then a mistake is told where it is, and what was right is kept
    assert page.get_by_label("Slots", exact=True).get_attribute("aria-invalid") == "true"
    beside = page.get_by_label("Slots", exact=True).locator("..")
    assert 'Input should be a valid integer, not "two".' in beside.inner_text()
    assert page.get_by_label("Name").input_value() == "lab"
    # And when it is mended, and the pool is resized
    page.get_by_label("Slots", exact=True).fill("2")
    page.get_by_role("button", name="Make it").click()
    assert page.get_by_role("status").inner_text() == "lab has 2 slots from now on."
    page.get_by_label("Slots of lab, 0 for no limit").fill("3")
    page.keyboard.press("Enter")
    # Then it has them, and nothing is sent again with the page
    page.get_by_text("lab has 3 slots from now on.").wait_for()
    page.reload()
    page.get_by_role("region", name="lab").get_by_role("img", name="0 of 3 slots held").wait_for()
    changes = requests.get(f"{served.url}/api/v1/audit?subject=pool lab", timeout=30).json()["items"]
    assert [row["after"] for row in changes] == [{"slots": 3}, {"slots": 2}]


@pytest.mark.parametrize("viewport", [pytest.param(WIDE, marks=pytest.mark.long), NARROW], ids=["wide", "narrow"])
def test_everybody_can_read_and_use_it(served, look, viewport):
    # Given the page, and what it is after a mistake
    page = look(f"{served.url}/limits", viewport)
    _is_for_everybody(page)
    page.get_by_label("Slots of warehouse, 0 for no limit").fill("-1")
    page.keyboard.press("Enter")
    page.get_by_text("greater than or equal to 0").wait_for()
    _is_for_everybody(page)
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"


def test_the_keyboard_comes_to_the_content_first_and_to_the_menu_where_there_is_little_room(served, look):
    page = look(f"{served.url}/limits", NARROW)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    assert page.get_by_role("link", name="Luigi visualizer").is_hidden()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Luigi visualizer").wait_for()


def _is_for_everybody(page):
    """Clean by axe in light and dark, and not wider than the window."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert Axe().run(page).generate_snapshot() == "", theme
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
