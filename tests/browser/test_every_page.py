"""Every page of the console, whatever its name: for everybody, at any width, in light and dark, and on its own."""

import contextlib
from pprint import pformat

import pytest
from axe_playwright_python.sync_playwright import Axe
from served import service
from windows import NARROW, WIDE

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]

#: What a page must not do, written down where it does it.
WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => {
  violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""
INLINE = "document.querySelectorAll('script:not([src]), style, [style], [onclick], [onload], [onerror]').length"
MEASURES = """() => ({
  wide: document.documentElement.scrollWidth - innerWidth, headings: document.querySelectorAll("h1").length,
  title: document.title, language: document.documentElement.lang,
})"""


@pytest.fixture(scope="session")
def addresses(everything, tmp_path_factory):
    """Every page, by the routes of the application itself: a new one is among them."""
    with service(tmp_path_factory.mktemp("routes") / "home") as served:
        rules = [rule for rule in served.app.url_map.iter_rules() if "GET" in rule.methods]
    return everything.addresses(sorted({str(rule) for rule in rules if not str(rule).startswith("/api/v1")}) + DOCS)


#: Of the API, what is for the eyes.
DOCS = ["/api/v1/docs"]


class Visit:
    """A browser that goes from page to page and writes down what is wrong with each."""

    def __init__(self, chromium, url, viewport, scripts):
        self._context = chromium.new_context(viewport=viewport, java_script_enabled=scripts)
        self._url, self._scripts = url, scripts
        self.page = self._context.new_page()
        self.page.add_init_script(WATCH)
        self.wrong, self._heard = {}, []
        self.page.on("console", lambda message: self._heard.append(message.text))
        self.page.on("pageerror", lambda error: self._heard.append(str(error)))
        self._context.on("request", self._asked)

    def _asked(self, request):
        if not request.url.startswith((f"{self._url}/", "data:", "blob:")):
            self._heard.append(f"asks {request.url}")

    def look(self, address):
        """Visit a page; what is wrong with it stands in `wrong`."""
        self._heard.clear()
        answer = self.page.goto(self._url + address)
        found = [*self._answered(answer), *self._measured()]
        if self._scripts:
            found += self._read()
            found += self.page.evaluate("violations")
        found += self._heard
        if found:
            self.wrong[address] = found

    def close(self):
        self._context.close()

    def _answered(self, answer):
        if answer.status != 200:
            yield f"status {answer.status}"
        if not answer.headers.get("content-security-policy", "").startswith("default-src 'self';"):
            yield "no policy"
        if "text/html" not in answer.headers["content-type"]:
            yield "no page"

    def _measured(self):
        measured = self.page.evaluate(MEASURES)
        if measured["wide"] > 0:
            yield f"{measured['wide']} pixels wider than the window"
        if measured["headings"] != 1:
            yield f"{measured['headings']} main headings"
        if not measured["title"].endswith("Luigi Trigger") or measured["language"] != "en":
            yield f"called {measured['title']!r}"
        if inline := self.page.evaluate(INLINE):
            yield f"{inline} inline scripts or styles"

    def _read(self):
        """What axe says, in light and in dark."""
        for theme in ("light", "dark"):
            self.page.emulate_media(color_scheme=theme)
            report = Axe().run(self.page).generate_snapshot()
            if report:
                yield f"{theme}: {report}"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_is_wrong_with_any_page(stack, addresses, chromium, viewport, scripts):
    with contextlib.closing(Visit(chromium, stack.url, viewport, scripts)) as visit:
        for address in addresses:
            visit.look(address)
    assert len(addresses) >= 60
    assert not visit.wrong, pformat(visit.wrong, width=120)
