"""Pages that follow the facts, in a real browser."""

import pytest
from relay import Relay
from served import service

from trigger_service.client import Client


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A service whose runs wait for the test."""
    with service(tmp_path_factory.mktemp("live") / "home") as running:
        yield running


def test_what_happens_is_seen_in_all_tabs_over_one_connection_and_nothing_in_use_is_lost(served, look):
    # Given two tabs of one browser, in one of which somebody is writing
    page = look(f"{served.url}/limits")
    other = page.context.new_page()
    other.goto(f"{served.url}/limits")
    for tab in (page, other):
        tab.locator("html[data-live=live]").wait_for()
    assert served.app.extensions["long_requests"].streams.taken == 1
    field = other.get_by_label("Slots of all, 0 for no limit")
    field.fill("12")
    # When a run begins
    served.gate.clear()
    with Client(served.url) as client:
        served.running(client.run("Gated", {"n": 1}).id)
    # Then each shows it by itself
    for tab in (page, other):
        tab.get_by_role("region", name="all").get_by_text("n=1").wait_for()
    assert field.input_value() == "12"
    # And when it ends, each shows that
    served.gate.set()
    for tab in (page, other):
        tab.get_by_role("region", name="all").get_by_text("n=1").wait_for(state="detached")


def test_what_a_page_missed_while_it_was_left_is_made_up_for(served, look):
    # Given a page
    page = look(f"{served.url}/limits")
    page.locator("html[data-live=live]").wait_for()
    # When somebody has left it and comes back
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    served.gate.clear()
    with Client(served.url) as client:
        served.running(client.run("Gated", {"n": 2}).id)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    # Then it shows what happened meanwhile
    page.get_by_role("region", name="all").get_by_text("n=2").wait_for()
    served.gate.set()


#: Takes the shared workers away, as in browsers that have none.
ALONE = "delete window.SharedWorker"


@pytest.mark.parametrize("scripts", ["", ALONE], ids=["shared", "alone"])
def test_a_lost_connection_is_shown_and_what_happened_meanwhile_is_made_up_for(served, chromium, scripts):
    with Relay(served.url) as way, chromium.new_context() as context:
        # Given a page that follows
        page = context.new_page()
        page.add_init_script(scripts)
        page.goto(f"{way.url}/limits")
        page.locator("html[data-live=live]").wait_for()
        lost = page.get_by_role("status").get_by_text("Reconnecting")
        assert not lost.is_visible()
        # When the connection is lost
        way.cut()
        # Then the page says so
        lost.wait_for()
        # And when it is back, what happened meanwhile is there
        served.gate.clear()
        with Client(served.url) as client:
            served.running(client.run("Gated", {"n": 3}).id)
        way.mend()
        page.get_by_role("region", name="all").get_by_text("n=3").wait_for()
        assert not lost.is_visible()
        served.gate.set()
        page.get_by_role("region", name="all").get_by_text("n=3").wait_for(state="detached")
