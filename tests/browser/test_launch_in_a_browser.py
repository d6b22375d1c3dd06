"""Launching in a real browser: by keyboard alone, with the plan that follows the form, and without scripts."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from served import service
from windows import NARROW, WIDE


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with service(tmp_path_factory.mktemp("launch") / "home") as running:
        yield running


def newest(served, page):
    return page.request.get(f"{served.url}/api/v1/runs?limit=1").json()["items"][0]


def test_the_plan_follows_the_form_and_the_keyboard_alone_launches_it(served, look):
    # Given a form whose only required value is not filled in
    page = look(f"{served.url}/launch/Hello")
    plan = page.get_by_role("region", name="Plan", exact=True)
    plan.get_by_text("There is a plan once Who is filled in.").wait_for()
    # When it is, by keyboard
    page.keyboard.press("/")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.id") != "p-who":
        page.keyboard.press("Tab")
    page.keyboard.type("ada")
    # Then the plan comes by itself, and says what stands in the way
    plan.get_by_text("4 tasks, asked").wait_for()
    plan.get_by_text("Leaf: out/2 does not exist").wait_for()
    assert page.evaluate("document.activeElement.id") == "p-who"
    # And when the value is taken away, the plan stays and says of what it is
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    plan.get_by_text("It follows the form once Who is filled in.").wait_for()
    plan.get_by_text("Older than the form").wait_for()
    plan.get_by_text("Leaf: out/2 does not exist").wait_for()
    page.keyboard.type("grace")
    plan.get_by_text("Older than the form").wait_for(state="hidden")
    # And Enter launches and follows
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/*")
    run = newest(served, page)
    assert (page.url.rpartition("/")[2], run["parameters"]) == (run["id"], {"who": "grace"})


def test_a_mistake_is_told_beside_its_field_as_soon_as_it_is_left(served, look):
    page = look(f"{served.url}/launch/Hello?who=ada")
    page.get_by_role("region", name="Plan", exact=True).get_by_text("4 tasks, asked").wait_for()
    page.get_by_text("Options of the run").click()
    page.get_by_label("Workers").fill("100")
    page.keyboard.press("Tab")
    page.get_by_role("region", name="Plan", exact=True).get_by_text("once Workers is mended").wait_for()
    # and the tab takes what was written along, and brings it back
    page.get_by_role("button", name="JSON").click()
    assert '"workers": 100' in page.get_by_label("JSON of the request").input_value()
    page.get_by_label("JSON of the request").fill('{"parameters": {"who": "eve"}, "workers": 3}')
    page.get_by_role("button", name="Form", exact=True).click()
    assert page.get_by_label("Who").input_value() == "eve"
    page.get_by_text("workers 3").wait_for()


def test_without_scripts_a_form_is_filled_in_planned_refused_mended_and_launched(served, look):
    page = look(f"{served.url}/launch/Hello", java_script_enabled=False)
    page.get_by_label("Who").fill("ada")
    page.get_by_role("button", name="Show the plan").click()
    page.get_by_text("4 tasks, asked").wait_for()
    page.get_by_text("Options of the run").click()
    page.get_by_label("Labels").fill("no-value")
    page.get_by_role("button", name="Launch", exact=True).click()
    page.get_by_role("alert").get_by_text("Nothing was started.").wait_for()
    assert page.get_by_label("Labels").input_value() == "no-value="
    page.get_by_label("Labels").fill("why=because")
    page.get_by_role("button", name="Launch", exact=True).click()
    page.get_by_text("was started").wait_for()
    assert (newest(served, page)["labels"], newest(served, page)["trigger"]["kind"]) == ({"why": "because"}, "form")


@pytest.mark.parametrize(
    ("query", "viewport"), [("who=ada&whoo=1", WIDE), ("who=ada&_as=curl", NARROW)], ids=["wide", "narrow"]
)
def test_everybody_can_read_and_use_the_form(served, look, query, viewport):
    page = look(f"{served.url}/launch/Hello?{query}", viewport)
    page.get_by_text("4 tasks, asked").wait_for()
    _is_for_everybody(page)


def _is_for_everybody(page):
    """Clean by axe in light and dark, and not wider than the window."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert Axe().run(page).generate_snapshot() == "", theme
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]


def test_a_plan_that_could_not_be_asked_for_is_asked_for_again(served, look):
    # Given a form whose first questions are not answered
    page = look("about:blank")
    asked = []

    def refuse(route):
        asked.append(route.request.method)
        return route.abort("aborted") if asked.count("POST") in (1, 2) else route.continue_()

    page.route("**/launch/*", refuse)
    # When it is opened, Then its plan is there all the same
    page.goto(f"{served.url}/launch/Hello?who=ada")
    page.get_by_role("region", name="Plan", exact=True).get_by_text("4 tasks, asked").wait_for()
    assert asked.count("POST") == 3
