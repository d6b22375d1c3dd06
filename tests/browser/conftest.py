"""A real Chromium, and pages in it."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from stack import Stack
from windows import WIDE

# the service that these tests look at is the one of the web tests
sys.path.insert(0, str(Path(__file__).parents[1] / "integration" / "web"))

#: No updates, no reports, no first run: nothing leaves the machine.
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)

#: What it says of a page that is the answer to a form with mistakes.
REFUSED = "the server responded with a status of 422"


@pytest.fixture(scope="module")
def chromium():
    """The browser, shared by the tests of a module."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (slow to import, and few tests need it)

    found = shutil.which("chromium")
    if found is None:
        assert os.environ.get("CI") != "true", "chromium is missing: scripts/system installs it"
        pytest.skip("chromium is missing")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*OPTIONS])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def stack(tmp_path_factory, archive_path):
    """`luigi-trigger up` over the flights, shared by the tests of a process: each leaves it at work."""
    started = Stack(tmp_path_factory.mktemp("stack"), archive_path)
    try:
        yield started.start()
    finally:
        started.end()


@pytest.fixture(scope="session")
def everything(stack):
    """The stack with one of everything on it."""
    from everything import Everything  # noqa: PLC0415 (few tests need it)

    return Everything(stack)


@pytest.fixture
def look(chromium):
    """Opens pages, each in a profile of its own.

    What the browser complains of meanwhile fails the test, but a form that is refused.
    """
    opened, complaints = [], []

    def make(address, viewport=WIDE, **more):
        context = chromium.new_context(viewport=viewport, **more)
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.extend(_failed(request)))
        page.goto(address)
        return page

    yield make
    for context in opened:
        context.close()
    assert [complaint for complaint in complaints if REFUSED not in complaint] == []


def _failed(request):
    """What is complained of: not that a page was left before all of it was there."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"{request.url}: {request.failure}"]
