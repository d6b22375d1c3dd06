"""What people's hands do in a browser, and where it has led them."""

import re

import pytest


def focused(page):
    """The text of what has the focus."""
    return page.evaluate("document.activeElement.textContent.trim()")


def press_until(page, key, there, most=120):
    """Press a key until one is there."""
    for _ in range(most):
        if there():
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} does not lead there, but to {focused(page)!r}")


def run_id(page):
    """The id of the run whose page is open, or opens."""
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}"))
    return re.search(r"/runs/([0-9a-f-]{36})", page.url)[1]


def menu(page, entry):
    """Go to an entry of the menu."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name=entry).click()
