"""What people do with the console, in a real browser over the real command, with real runs of the flights."""

import re

import pytest
from hands import focused, menu, press_until, run_id
from playwright.sync_api import expect

#: A month of flights takes half a minute, where nothing else runs.
MONTH_MS = 240_000

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def test_somebody_launches_a_month_by_the_form_and_follows_it_until_the_report_is_there(stack, look):
    # Given somebody who comes from the first page
    page = look(stack.url)
    menu(page, "Pipelines")
    page.get_by_role("link", name="FlightsReport", exact=True).click()
    page.get_by_role("link", name="Launch").first.click()
    # When the form is filled in, the plan is there before anything runs
    page.get_by_label("Month", exact=True).fill("2013-03")
    plan = page.get_by_role("region", name="Plan", exact=True)
    expect(plan.get_by_role("listitem").filter(has_text="JoinedFlights")).to_contain_text("31")
    page.get_by_text("Options of the run").click()
    page.get_by_label("Workers").fill("2")
    page.get_by_role("button", name="Launch and follow").click()
    # Then the page of the run follows it: its tasks, its log, its end, without a reload
    run_id(page)
    page.evaluate("window.mine = true")
    expect(page.locator("#head .status-pill")).to_have_text("Running")
    expect(page.locator("#graph a.node", has_text="JoinedFlights").first).to_be_visible(timeout=60_000)
    expect(page.locator("#loglines")).to_contain_text("departures", timeout=60_000)
    expect(page.locator("#head .status-pill")).to_have_text("Succeeded", timeout=MONTH_MS)
    expect(page.locator("#loglines")).to_contain_text(re.compile("The report is .*/reports/2013-03-all-top10.html"))
    assert page.evaluate("window.mine")
    # And the report can be looked at there
    page.locator("#targets").get_by_text("2013-03-all-top10.html").first.wait_for()
    assert (stack.folder / "data/flights/reports/2013-03-all-top10.html").exists()


def test_a_run_fails_and_its_error_is_found_mended_and_retried_without_doing_anything_twice(stack, look):
    # Given departures with a line of no day in them, as they came over a bad connection
    stack.report(month="2013-01")
    page = look(stack.url)
    page.locator("html[data-live=live]").wait_for()
    with stack.damaged() as mend:
        failed = stack.trigger_with("FlightsReport", {"month": "2013-02"}, workers=2)
        # When the run has failed, the open overview says so by itself, and why
        needs = page.get_by_role("region", name="Needs attention")
        needs.get_by_text("UndatedRow").wait_for(timeout=60_000)
        needs.get_by_role("link", name="FlightsReport").click()
        # Then its page begins with the error, and the line of the user's code
        assert run_id(page) == failed
        expect(page.locator("#failure-title")).to_contain_text("UndatedRow")
        expect(page.get_by_role("region", name="The code around it")).to_contain_text("raise UndatedRow")
        error = page.locator(".error-panel")
        expect(error).to_contain_text("tasks/flights/source.py")
        expect(error).to_contain_text("2013-2-x is no date, so the row belongs to no day.")
        expect(error).to_contain_text(re.compile(r"\d+ tasks were not reached"))
        # And a key leads to the first error of the log
        page.keyboard.press("e")
        page.wait_for_url("**line=**")
        expect(page.locator("#loglines li[aria-current]").first).to_have_class(re.compile("is-failed"))
        # And when the departures are mended, and what is missing is tried again
        mend()
        page.locator("summary", has_text="Retry").click()
        page.get_by_role("button", name="Only what is missing").click()
        page.wait_for_url(lambda url: failed not in url)
        # Then that is seen to succeed, nothing is done twice, and nothing needs anybody any more
        again = run_id(page)
        expect(page.locator("#head .status-pill")).to_have_text("Succeeded", timeout=MONTH_MS)
    before = {task["task_id"] for task in stack.get(f"/runs/{failed}/tasks")["items"] if task["status"] == "done"}
    after = {task["task_id"] for task in stack.get(f"/runs/{again}/tasks")["items"] if task["status"] == "done"}
    assert before
    assert before & after == set()
    menu(page, "Overview")
    expect(page.get_by_role("region", name="Needs attention")).not_to_contain_text("UndatedRow")


def test_a_run_that_never_ends_is_found_among_those_that_run_and_cancelled(stack, look):
    # Given
    watching = stack.trigger_with("Vigil", {"airport": "EWR"})
    stack.reaches(watching, "running")
    # When
    page = look(f"{stack.url}/runs")
    page.locator("#views").get_by_role("link", name=re.compile("^Live")).click()
    page.get_by_role("row").filter(has_text="airport=EWR").get_by_role("link", name="Vigil").click()
    expect(page.locator("#loglines")).to_contain_text("EWR: nothing seen in minute 1", timeout=30_000)
    page.get_by_role("button", name="Cancel").click()
    # Then its page says so by itself, and no process of it is left
    expect(page.locator("#head .status-pill")).to_have_text("Cancelled", timeout=30_000)
    assert not (stack.folder / "data/vigil/EWR.txt").exists()


def test_the_keyboard_alone_launches_a_run_and_cancels_it(stack, look):
    # Given a browser on which nobody touches a mouse
    page = look(stack.url)
    page.keyboard.press("/")
    page.keyboard.type("vigil")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search**")
    press_until(page, "j", lambda: focused(page).startswith("Vigil"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/pipelines/Vigil")
    press_until(page, "Tab", lambda: focused(page) == "Launch")
    page.keyboard.press("Enter")
    page.wait_for_url("**/launch/Vigil**")
    press_until(page, "Tab", lambda: page.evaluate("document.activeElement.id") == "p-airport")
    # When a value is written, and Enter pressed
    page.keyboard.press("Control+a")
    page.keyboard.type("LGA")
    page.keyboard.press("Enter")
    # Then it runs
    launched = run_id(page)
    expect(page.locator("#head .status-pill")).to_have_text("Running", timeout=30_000)
    assert stack.get(f"/runs/{launched}")["parameters"] == {"airport": "LGA"}
    # And it is cancelled
    press_until(page, "Tab", lambda: focused(page) == "Cancel")
    page.keyboard.press("Enter")
    expect(page.locator("#head .status-pill")).to_have_text("Cancelled", timeout=30_000)


def test_a_schedule_is_made_by_the_form_and_fires(stack, look):
    # Given a report that is there already
    stack.report(month="2013-01")
    page = look(stack.url)
    menu(page, "Schedules")
    page.get_by_role("link", name="New schedule").first.click()
    page.get_by_role("combobox", name="Pipeline").fill("FlightsReport")
    page.get_by_role("button", name="Continue").click()
    # When it is to be looked after every few seconds, the next times stand beside what is written
    page.get_by_label("Kind").select_option("Every")
    page.get_by_label("Fires", exact=True).fill("5 seconds")
    page.get_by_label("month", exact=True).fill("2013-01")
    fires = page.get_by_role("region", name="Next fires")
    expect(fires.get_by_role("listitem")).to_have_count(5)
    expect(fires.get_by_role("listitem").first).to_contain_text("month=2013-01")
    page.get_by_label("Name").fill("january")
    page.get_by_role("button", name="Make it").click()
    page.get_by_text("It is made, and fires from now on.").wait_for()
    # Then its first run is there by itself, and leads to the run
    fired_runs = page.get_by_role("region", name="History").get_by_role("listitem").get_by_role("link")
    fired_runs.first.wait_for(timeout=30_000)
    page.get_by_role("button", name="Pause").click()
    fired_runs.last.click()
    fired = run_id(page)
    expect(page.locator("#head .status-pill")).to_have_text("Succeeded", timeout=60_000)
    assert stack.get(f"/runs/{fired}")["trigger"]["kind"] == "schedule"


def test_a_backfill_starts_from_its_calendar_and_fills_it(stack, look):
    # Given the facts of one day in May
    stack.ended(stack.trigger_with("DelayFacts", {"day": "2013-05-02"}))
    page = look(stack.url)
    menu(page, "Backfills")
    page.get_by_role("link", name="New backfill").first.click()
    page.get_by_role("combobox", name="Pipeline").fill("DelayFacts")
    page.get_by_role("button", name="Continue").click()
    # When the calendar is looked at
    page.get_by_label("From", exact=True).fill("2013-05-01")
    page.get_by_label("To", exact=True).fill("2013-05-04")
    page.get_by_label("At a time").fill("2")
    page.get_by_role("button", name="Look at the calendar").click()
    # Then it shows what is there, and what is not
    calendar = page.get_by_role("region", name=re.compile("^Calendar"))
    calendar.get_by_role("group", name="May: 1 of 4 complete").wait_for(timeout=60_000)
    page.get_by_role("button", name="Start backfill of 3").click()
    page.get_by_text("It has begun.").wait_for()
    expect(page.locator("#head .status-pill")).to_have_text("Finished", timeout=MONTH_MS)
    page.get_by_role("group", name="May: 4 of 4 complete").wait_for()


def test_the_search_finds_a_pipeline_a_run_and_what_a_task_printed(stack, look):
    done = stack.report(month="2013-01")
    page = look(stack.url)
    for words, group, leads in (
        ("delays of one month", "Pipelines", "**/pipelines/FlightsReport"),
        (done[:13], "Runs", f"**/runs/{done}"),
        ("Unpacked flights: 336776 rows", "Logs", "**/runs/*line=*"),
    ):
        page.keyboard.press("/")
        page.keyboard.press("Control+a")
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        page.wait_for_url("**/search**")
        found = page.get_by_role("region", name=group)
        assert found.locator("mark").first.inner_text().lower() in words.lower()
        found.locator("[data-row] a").first.click()
        page.wait_for_url(leads)
    expect(page.locator("mark[aria-current]")).to_have_text("Unpacked flights: 336776 rows")


def test_two_runs_of_a_pipeline_are_compared(stack, look):
    stack.report(month="2013-01")
    stack.report(month="2013-01", origin="JFK")
    page = look(f"{stack.url}/runs?pipeline=FlightsReport&state=succeeded&parameter=month:2013-01")
    for named in (re.compile("origin=JFK"), re.compile("origin=all")):
        page.get_by_role("row").filter(has_text=named).first.get_by_role("checkbox").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare FlightsReport")
    origin = page.get_by_role("row").filter(has_text="origin")
    expect(origin).to_contain_text("JFK")
    expect(origin).to_contain_text("all")
    page.goto(f"{page.url}?all=yes")
    expect(page.get_by_role("region", name="Targets", exact=True)).to_contain_text("2013-01-JFK-top10.html")


def test_a_target_is_taken_away_with_what_was_made_of_it_and_put_back(stack, look):
    # Given
    stack.report(month="2013-01")
    day = stack.folder / "data/flights/days/2013-01-15"
    report = stack.folder / "data/flights/reports/2013-01-all-top10.html"
    page = look(stack.url)
    menu(page, "Targets")
    page.get_by_label("Part of the URL").fill("2013-01-15/facts")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("facts")).first.click()
    # When
    page.get_by_role("link", name="Invalidate").click()
    page.get_by_label("Why, for the record").fill("a strike was counted as delay")
    page.get_by_role("button", name=re.compile("into the trash")).click()
    expect(page.locator("h1 .status-pill")).to_have_text("In the trash", timeout=30_000)
    # Then neither it nor what was made of it is there any more
    assert not (day / "facts.parquet").exists()
    assert not report.exists()
    assert (day / "joined.parquet").exists()
    # And all of it comes back
    page.get_by_role("button", name="Put back").click()
    page.get_by_role("button", name="Put them back").click()
    expect(page.locator("h1 .status-pill")).to_have_text("Put back", timeout=30_000)
    assert (day / "facts.parquet").exists()
    assert report.exists()
