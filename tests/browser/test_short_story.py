"""The shortest of the stories, over the real command: launched, followed and cancelled, with nothing but keys."""

import uuid

from hands import focused, press_until, run_id
from playwright.sync_api import expect


def test_keys_alone_launch_a_run_of_the_real_command_follow_it_and_cancel_it(service, look):
    # Given a form
    name = f"key-{uuid.uuid4().hex[:8]}"
    page = look(f"{service.url}/launch/Waiting")
    # When a value is written, and Enter pressed
    press_until(page, "Tab", lambda: page.evaluate("document.activeElement.id") == "p-name")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    # Then it is seen to run
    launched = run_id(page)
    page.get_by_text("It runs. Now: Waiting.").wait_for()
    assert service.get(f"/runs/{launched}")["parameters"] == {"name": name}
    # And when it is cancelled, to end
    press_until(page, "Tab", lambda: focused(page) == "Cancel")
    page.keyboard.press("Enter")
    expect(page.locator("#head .status-pill")).to_have_text("Cancelled", timeout=20_000)
    assert service.get(f"/runs/{launched}")["state"] == "cancelled"
