"""Schedules, sensors and backfills in a real browser: made, followed and removed, with scripts and without."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from served import service
from windows import NARROW, WIDE

from trigger_service.client import Client
from trigger_service.domain.files import Inbox

HOOK = {"pipeline": "Hello", "source": {"kind": "webhook"}, "mapping": {"who": "/sender"}}
AFTER = {"pipeline": "Hello", "source": {"kind": "pipeline", "pipelines": ["Daily"]}, "mapping": {"who": "/id"}}
WATCH = {"pipeline": "Hello", "source": {"kind": "file", "inbox": "in", "pattern": r"(?P<who>\w+)\.csv"}}
#: Its second fire is one that a change of the clocks moves.
NIGHTLY = {"expression": "30 2 * * *", "timezone": "Europe/Berlin", "start": "2097-03-30T00:00"}


LISTS = ("/schedules", "/webhooks", "/files", "/upstreams", "/backfills")
PATHS = (
    *LISTS,
    *(f"{path}/new?pipeline=Daily" for path in ("/schedule", "/webhook", "/file", "/upstream", "/backfills")),
    *("/schedules/nightly", "/webhooks/reports", "/files/arrivals", "/upstreams/after"),
    *("/schedule/new", "/schedule/new?pipeline=Hello&timing.expression=x"),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A service with one of each."""
    inboxes = {"in": Inbox(str(tmp_path_factory.mktemp("in")))}
    with service(tmp_path_factory.mktemp("automation") / "home", inboxes=inboxes) as running:
        running.gate.set()
        with Client(running.url) as client:
            client.schedules.save(
                "nightly", body={"pipeline": "Hello", "parameters": {"who": "ada"}, "timing": NIGHTLY}
            )
            for name, body in (("reports", HOOK), ("after", AFTER), ("arrivals", WATCH)):
                client.sensors.save(name, body=body)
            days = {"start": "2012-12-20", "stop": "2013-02-10"}
            made = client.backfills.make("Daily", parameter="day", range=days)
        running.backfill = made["id"]
        yield running


def test_the_next_fires_follow_what_one_writes_and_the_schedule_is_made(served, look):
    # Given a form
    page = look(f"{served.url}/schedule/new?pipeline=Hello")
    fires = page.get_by_role("region", name="Next fires")
    # When somebody writes
    page.get_by_label("Fires", exact=True).fill("30 2 * *")
    fires.get_by_text("expected five fields").wait_for()
    page.get_by_label("Fires", exact=True).fill("30 2 * * MON")
    page.get_by_label("who", exact=True).fill("{{ fire_time | floor week | week }}")
    # Then the fires are there by themselves, and nothing of what was written is lost
    fires.get_by_text("Every Monday at 02:30").wait_for()
    fires.get_by_text(re.compile(r"who=20\d\d-W\d\d")).first.wait_for()
    assert page.get_by_label("Fires", exact=True).input_value() == "30 2 * * MON"
    # And it is saved
    page.get_by_label("Name").fill("weekly")
    page.get_by_role("button", name="Make it").click()
    page.get_by_text("It is made, and fires from now on.").wait_for()


def test_all_is_done_without_a_script(served, look):
    # Given a browser that runs none
    page = look(f"{served.url}/webhooks", java_script_enabled=False)
    # When a webhook is made
    page.get_by_role("link", name="New webhook").click()
    page.get_by_role("combobox", name="Pipeline").fill("Hello")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill("by-hand")
    page.get_by_role("group", name="who").get_by_label("From what is delivered").fill("/sender")
    page.get_by_role("button", name="Make it").click()
    # Then its secret is shown, a document can be tried, and it is switched off
    assert page.locator("#secret").inner_text().startswith("whsec_")
    page.get_by_label("Document, JSON").fill('{"sender": "ada"}')
    page.get_by_role("button", name="Try it").click()
    page.get_by_text("It would start Hello.").wait_for()
    page.goto(f"{served.url}/webhooks")
    page.get_by_role("switch", name="by-hand is on").click()
    assert page.get_by_role("switch", name="by-hand is on").get_attribute("aria-checked") == "false"
    # And it is removed after it was said what that does
    page.get_by_role("link", name="by-hand").click()
    page.locator("summary", has_text="Remove").click()
    page.get_by_text("Removes by-hand, its secret and the record of its deliveries.").wait_for()
    page.get_by_role("button", name="Remove").click()
    page.get_by_text("by-hand is removed").wait_for()


def test_a_calendar_comes_by_itself_and_a_backfill_starts_from_it(served, look):
    page = look(f"{served.url}/backfills/new?pipeline=Daily")
    page.get_by_label("From", exact=True).fill("2013-01-01")
    page.get_by_label("To", exact=True).fill("2013-01-31")
    page.get_by_role("button", name="Look at the calendar").click()
    page.get_by_role("button", name="Start backfill of 30").click()
    page.get_by_text("It has begun.").wait_for()
    page.get_by_role("group", name="January: 1 of 31 complete").wait_for()
    page.locator("summary", has_text="Cancel").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("What waited starts no more").wait_for()


def test_everybody_can_read_a_schedule_and_a_backfill(served, look):
    page = look(f"{served.url}/schedules/nightly", NARROW)
    _is_for_everybody(page, ["light"])
    page.goto(f"{served.url}/backfills/{served.backfill}")
    _is_for_everybody(page, ["dark"])


@pytest.mark.long
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_everybody_can_read_all_of_it(served, look, path, viewport):
    _is_for_everybody(look(served.url + path, viewport))


def _is_for_everybody(page, themes=("light", "dark")):
    """Clean by axe, and not wider than the window."""
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        assert Axe().run(page).generate_snapshot() == "", (page.url, theme)
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], page.url
