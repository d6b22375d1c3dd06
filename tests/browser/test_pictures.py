"""The pictures of the documentation, taken of real runs.

They are made anew by `make test-long TESTS=tests/browser/test_pictures.py PICTURES=docs/images`.
"""

import os
import sys
from functools import partial
from pathlib import Path

import pytest
from polling import until

#: The size of a window in pixels; a picture of more than this is too much for a page of documentation.
WIDE, TALL, NARROW = {"width": 1440, "height": 900}, {"width": 1440, "height": 1240}, {"width": 390, "height": 844}
MOST_BYTES, FEWEST_BYTES = 250_000, 15_000
#: What stands in a picture for the places of this machine.
PROJECT, INSTALLED, CHECKOUT = "/srv/flights", "/srv/flights/.venv", "/srv/luigi-trigger"
RENAME = """(names) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) for (const [old, put] of names)
    texts.currentNode.data = texts.currentNode.data.replaceAll(old, put);
}"""

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture
def folder(tmp_path):
    """Where the pictures go: away, unless PICTURES says otherwise."""
    made = Path(os.environ.get("PICTURES") or tmp_path)
    made.mkdir(parents=True, exist_ok=True)
    return made


def pictures(everything):
    """By name: the address, the size of the window, light or dark, and what is at its top, or nothing."""
    run, failed = f"/runs/{everything.done}", f"/runs/{everything.failed}"
    return {
        "overview": ("/", WIDE, "light", None),
        "overview-dark": ("/", WIDE, "dark", None),
        "overview-narrow": ("/", NARROW, "light", None),
        "launch": ("/launch/FlightsReport?month=2013-09", WIDE, "light", None),
        "run": (run, TALL, "light", None),
        "run-timeline": (run, WIDE, "light", "#timeline"),
        "run-log": (f"{run}?q=without weather&show=around", WIDE, "light", "#log"),
        "run-narrow": (run, NARROW, "light", None),
        "failed": (failed, WIDE, "light", None),
        "pipeline": ("/pipelines/FlightsReport", TALL, "light", None),
        "compare": (f"/compare/{everything.done}/{everything.other}", WIDE, "light", None),
        "schedule": ("/schedules/nightly", WIDE, "light", None),
        "backfill": (f"/backfills/{everything.backfill}", WIDE, "light", None),
    }


def taken(page, names, file):
    """Whether a picture is taken in which no place has its own name: what was asked for before may still come."""
    page.evaluate(RENAME, names)
    page.screenshot(path=file, animations="disabled", scale="css")
    shown = page.inner_text("body")
    return not any(place in shown for place, _ in names)


def test_the_main_pages_are_pictured(stack, everything, look, folder):
    places = ((stack.folder, PROJECT), (sys.prefix, INSTALLED), (Path(__file__).parents[2], CHECKOUT))
    names = [[str(place), name] for place, name in places]
    for name, (address, window, theme, top) in pictures(everything).items():
        page = look(stack.url + address, window, color_scheme=theme, locale="en-GB", timezone_id="Europe/Berlin")
        page.locator("html[data-live=live]").wait_for()
        if "launch" in address:
            page.get_by_role("region", name="Plan", exact=True).get_by_text("tasks, asked").wait_for()
        page.route("**/*", lambda route: None)  # what the page asks for now is not answered, so that names stay
        if top:
            page.locator(top).evaluate("(element) => scrollTo(0, element.offsetTop - 72)")
        until(partial(taken, page, names, folder / f"{name}.png"), f"a picture of {name} with none of the names")
        page.context.close()
        size = (folder / f"{name}.png").stat().st_size
        assert FEWEST_BYTES < size < MOST_BYTES, name
