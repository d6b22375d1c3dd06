"""Logs in a real browser: followed, searched, read without scripts, and by everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from served import service
from windows import NARROW, WIDE

from trigger_service.client import Client
from trigger_service.domain.logs import LogLine, encode
from trigger_service.domain.spec import attempt_folder

COLOURS = "\x1b[31mred\x1b[42mon green\x1b[0m \x1b[2mdim\x1b[7mreversed\x1b[0m \u202e<script>alert(1)</script>\x00"


class Output:
    """A live run that prints what the test says."""

    def __init__(self, served):
        with Client(served.url) as client:
            self.run_id = client.run("Gated", {"n": 1}).id
        served.running(self.run_id)
        self._served = served
        self._file = attempt_folder(served.database.path.parent, self.run_id, 1).log_file
        self.printed = self._file.read_bytes().count(b"\n")

    def print(self, *texts, level="INFO"):
        lines = (LogLine(1e9, level, "stdout", "Gated_1", 1, text) for text in texts)
        with self._file.open("ab") as file:
            file.write(b"".join(map(encode, lines)))
        self.printed += len(texts)
        self._served.services.broadcast.notify(self.run_id)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A service whose runs wait for the test."""
    with service(tmp_path_factory.mktemp("log") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def output(served):
    made = Output(served)
    made.print(*(f"line {number} of the beginning" for number in range(300)))
    made.print(COLOURS, "a warning about needles", level="WARNING")
    made.print("x" * 50_000, "it failed\nfor two reasons", level="ERROR")
    return made


def test_the_end_of_a_log_is_followed_until_one_scrolls_up(served, output, look):
    # Given the page of a live run
    page = look(f"{served.url}/runs/{output.run_id}/log")
    page.locator("html[data-live=live]").wait_for()
    region = page.get_by_role("region", name="Log lines")
    # When it prints, Then that is in view
    output.print("something new")
    page.get_by_text("something new").wait_for()
    page.wait_for_function(
        "(box) => box.scrollHeight - box.clientHeight - box.scrollTop < 8", arg=region.element_handle()
    )
    # And when somebody reads further up, Then the page stays there and counts what comes
    region.evaluate("(box) => { box.scrollTop = 0 }")
    page.locator("#loglines:not([data-follow])").wait_for()
    page.locator("#L5").wait_for()
    output.print("not seen yet", "nor this")
    page.get_by_role("link", name="Follow, 2 new lines").wait_for()
    assert page.get_by_text("nor this").count() == 0
    # And a key leads to the end
    page.keyboard.press("f")
    page.get_by_text("nor this").wait_for()
    assert page.locator("#loglines[data-follow]").count() == 1
    output.print("and on")
    page.get_by_text("and on").wait_for()
    assert page.locator(".log-line").count() < 300


def test_hits_are_found_while_one_types_and_the_address_says_all(served, output, look):
    # Given a page at the end of the log
    page = look(f"{served.url}/runs/{output.run_id}/log?level=INFO")
    field = page.get_by_label("Find in the log")
    # When a word is typed, Then its first hit is in view, and Enter leads to the next
    field.press_sequentially("of the beginning")
    page.get_by_text("1 of 300").wait_for()
    field.press("Enter")
    page.get_by_text("2 of 300").wait_for()
    field.press("Shift+Enter")
    page.get_by_text("1 of 300").wait_for()
    assert page.locator("mark[aria-current]").inner_text() == "of the beginning"
    # And lines are chosen by their numbers
    first = page.locator("li[aria-current]").get_attribute("id")[1:]
    page.get_by_role("link", name=f"Line {int(first) + 3}", exact=True).click(modifiers=["Shift"])
    page.wait_for_url(f"**line={first}-{int(first) + 3}**")
    assert page.locator("li[aria-current]").count() == 4
    # And another page at this address is the same
    other = look(page.url)
    assert other.locator("li[aria-current]").count() == 4
    # And only hits are shown where that is wanted, until one goes back
    page.get_by_label("Hits").select_option("hits")
    page.wait_for_url("**show=hits**")
    page.locator("#L1").wait_for(state="detached")
    assert "level=INFO" in page.url
    page.go_back()
    page.locator("#L1").wait_for()
    assert page.get_by_label("Hits").input_value() == ""


def test_a_log_is_read_without_a_script(served, output, look):
    page = look(f"{served.url}/runs/{output.run_id}/log", java_script_enabled=False)
    page.get_by_label("Find in the log").fill("needles")
    page.get_by_role("button", name="Find").click()
    assert page.locator("#log [role=status]").inner_text() == "1 of 1"
    page.get_by_role("link", name="First error").click()
    assert page.locator("li[aria-current]").inner_text().startswith(str(output.printed and 304))
    page.get_by_role("link", name="Older lines").click()
    page.goto(f"{served.url}/logs?q=needles")
    page.get_by_role("link", name="Open at this line").click()
    assert page.locator("mark[aria-current]").inner_text() == "needles"


def test_everybody_can_read_logs(served, output, look):
    # few lines are as good as many, and looked through sooner
    for path in (f"/runs/{output.run_id}/log?q=needles&show=around", "/logs?q=needles"):
        page = look(served.url + path, WIDE)
        for theme, viewport in (("light", WIDE), ("dark", NARROW)):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size(viewport)
            assert Axe().run(page).generate_snapshot() == "", (path, theme)
            width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert width[0] <= width[1], path
