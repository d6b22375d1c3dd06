"""A task that tries to be taken for something else is text wherever the console or the command line shows it."""

import csv
import io
import json
import re
import shutil
import subprocess
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit, urlunsplit

import hostile_tasks
import pytest
from hostile_tasks import BIDI, MARKUP, TEXT
from product import COMMAND, Product
from windows import NARROW, WIDE

FAMILY = "<hostile-mark>\u202e\x1b[31m.Whole"
#: Commands, `failed` and `done` being the runs.
MORE_COMMANDS = (["pipelines"], ["plan", FAMILY], ["runs"], ["runs", "failed"], ["diff", "failed", "done"])
LABEL = "<hostile-mark>\u202elabel"
UNSEEN = (
    r"[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
#: What is wrong with a page: elements of the markup, what its script would do, characters that nobody sees in texts,
#: names and titles, and a page that is wider than its window. A field for text has the value itself.
WRONG = """(unseen) => {
  const wrong = window.hostile ? ["a script ran"] : [];
  const hides = (text) => new RegExp(unseen).test(text);
  const told = (each) => each.outerHTML.slice(0, 160);
  const forged = "hostile-mark, img[src='x'], [onerror], a[href^='javascript:' i], script:not([src])";
  wrong.push(...[...document.querySelectorAll(forged)].map(told));
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { nodeValue, parentElement } = texts.currentNode;
    if (parentElement.closest("textarea") || !hides(nodeValue.replace(/[\\n\\r]/g, ""))) continue;
    wrong.push(told(parentElement));
  }
  for (const name of ["title", "aria-label", "alt"]) {
    const hiding = [...document.querySelectorAll(`[${name}]`)].filter((each) => hides(each.getAttribute(name)));
    wrong.push(...hiding.map(told));
  }
  if (hides(document.title)) wrong.push(document.title);
  const { scrollWidth, clientWidth } = document.documentElement;
  const isWide = (each) => each.getBoundingClientRect().right > clientWidth + 1;
  if (scrollWidth > clientWidth) {
    const widest = [...document.querySelectorAll("body *")].filter(isWide).slice(0, 3);
    wrong.push(`${scrollWidth} pixels wide`, ...widest.map(told));
  }
  return wrong;
}"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The product with the hostile project: a run that has failed and one that has succeeded."""
    product = Product(tmp_path_factory.mktemp("hostile"), "requests_per_second = 0")
    cfg = product.folder / "luigi.cfg"
    cfg.write_text(cfg.read_text().replace("modules = steps", "modules = hostile_tasks"))
    shutil.copy(hostile_tasks.__file__, product.folder)
    try:
        product.start()
        product.failed = trigger(product, {"text": TEXT}, labels={LABEL: TEXT[:190]})
        product.reaches(product.failed, "failed")
        product.done = trigger(product, {"fails": False, "choice": TEXT[:300]}, labels={"\u202ename": BIDI})
        product.reaches(product.done, "succeeded")
        yield product
    finally:
        product.end()


def trigger(product, parameters, **more):
    body = json.dumps({"pipeline": FAMILY, "parameters": parameters, **more})
    answer = product.http.post(
        f"{product.url}/api/v1/runs", data=body, headers={"Content-Type": "application/json"}, timeout=30
    )
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def addresses(product):
    """Every page on which something of the project stands, by what it is."""
    failed, done = f"/runs/{product.failed}", f"/runs/{product.done}"
    family, text = quote(FAMILY, safe=""), TEXT[:200]
    tasks = product.get(f"{failed}/tasks")["items"]
    chosen = urlencode({"task": tasks[1]["task_id"]})
    return {
        "overview": "/",
        "pipelines": "/pipelines",
        "pipelines by text": f"/pipelines?{urlencode({'q': text})}",
        "pipeline": f"/pipelines/{family}",
        "launch": f"/launch/{family}",
        "launch with values": f"/launch/{family}?{urlencode({'text': TEXT, 'choice': TEXT[:300], 'nonsense': TEXT})}",
        "runs": "/runs",
        "runs by text": f"/runs?{urlencode({'q': text})}",
        "runs by label": f"/runs?{urlencode({'label': f'{LABEL}={TEXT[:190]}'})}",
        "runs by pipeline": f"/runs?{urlencode({'pipeline': FAMILY})}",
        "failed": failed,
        "done": done,
        "task": f"{failed}?{chosen}",
        "family": f"{failed}?{urlencode({'task': tasks[1]['family'], 'open': '*', 'state': 'done'})}",
        "log": f"{failed}/log",
        "log of a task": f"{failed}/log?{chosen}",
        "log by text": f"{failed}/log?{urlencode({'q': '<hostile-mark', 'show': 'hits'})}",
        "log by stream": f"{failed}/log?{urlencode({'stream': MARKUP})}",
        "retry": f"{failed}/retry",
        "retry from": f"{failed}/retry?{urlencode({'scope': 'task', 'task': tasks[0]['task_id']})}",
        "compare": f"/compare/{product.failed}/{product.done}",
        "search": f"/search?{urlencode({'q': 'hostile-mark'})}",
        "search for markup": f"/search?{urlencode({'q': text})}",
        "logs": f"/logs?{urlencode({'q': 'hostile-mark'})}",
        "targets": "/targets",
        "targets by text": f"/targets?{urlencode({'q': 'hostile-mark'})}",
        "limits": "/limits",
        "settings": "/settings",
        "schedule": f"/schedules?{urlencode({'pipeline': FAMILY})}",
    }


def found_wrong(page, url, names):
    """By name of the page, what is wrong with it; `names` has their addresses."""
    wrong = {}
    page.on("dialog", lambda dialog: wrong.setdefault("dialogs", []).append(dialog.message))
    for name, address in names.items():
        page.goto(url + address)
        found = page.evaluate(WRONG, UNSEEN)
        if "<hostile-mark" not in page.locator("body").inner_text() and name in SPEAKING:
            found.append("its text is not there")
        if found:
            wrong[name] = found
    return wrong


def linked(page, url, names):
    """One address of each kind to which these pages link, and they themselves; not what is no page of the console."""
    found = {}
    for address in names.values():
        page.goto(url + address)
        for link in page.evaluate("[...document.querySelectorAll('a[href]')].map((each) => each.getAttribute('href'))"):
            target = urlsplit(urljoin(url + address, link))
            if f"{target.scheme}://{target.netloc}" == url and not re.search(
                r"/preview|/metrics|/api/|/luigid|\.txt|as=", link
            ):
                kind = (
                    re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", target.path)
                    + "?"
                    + "&".join(sorted(parse_qs(target.query)))
                )
                found.setdefault(kind, urlunsplit(("", "", target.path, target.query, "")))
    return {**names, **found}


#: Pages on which something of it must be seen.
SPEAKING = (
    "pipelines",
    "pipeline",
    "launch",
    "launch with values",
    "runs",
    "failed",
    "log of a task",
    "compare",
    "logs",
)


def test_nothing_of_a_hostile_task_is_more_than_text_on_the_pages_that_show_most_of_it(town, look):
    pages = addresses(town)
    names = ("failed", "launch with values", "log of a task")
    assert found_wrong(look(town.url), town.url, {name: pages[name] for name in names}) == {}


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("window", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_of_a_hostile_task_is_more_than_text_on_any_page(town, look, window):
    page = look(town.url, viewport=window)
    pages = linked(page, town.url, addresses(town))
    assert len(pages) > 80
    assert found_wrong(page, town.url, pages) == {}


def test_an_address_of_markup_leads_to_a_page_that_has_it_as_text(town):
    for path in (f"/runs/{quote(TEXT[:200], safe='')}", f"/pipelines/{quote(MARKUP, safe='')}"):
        told = town.http.get(town.url + path, headers={"Accept": "text/html"}, timeout=30)
        assert told.status_code == 404
        assert "hostile-mark" in told.text
        assert "<hostile-mark" not in told.text


@pytest.mark.parametrize("path", ["/runs", "/runs/{}", "/pipelines", "/targets"])
def test_files_for_spreadsheets_and_programs_have_the_values_and_can_be_read(town, path):
    address = town.url + path.format(town.failed)
    table = town.http.get(f"{address}?as=csv", timeout=30)
    listed = town.http.get(f"{address}?as=json", timeout=30).json()["items"]
    rows = list(csv.reader(io.StringIO(table.content.decode())))
    assert len(rows) == len(listed) + 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert "hostile-mark" in table.text


@pytest.mark.parametrize(
    "command",
    [
        ["pipelines", FAMILY],
        ["logs", "failed"],
        *(pytest.param(words, marks=pytest.mark.long) for words in MORE_COMMANDS),
    ],
    ids=lambda words: words[0] + str(len(words)),
)
def test_the_command_line_shows_what_nobody_would_see(town, command):
    words = [getattr(town, word) if word in ("failed", "done") else word for word in command]
    told = subprocess.run([COMMAND, *words], cwd=town.folder, capture_output=True, check=False)
    shown = (told.stdout + told.stderr).decode().replace("\n", "").replace("\t", "")
    assert told.returncode in (0, 1), shown
    assert "Traceback (most recent call last):  File" not in shown.replace(told.stdout.decode(), "")
    assert re.findall(UNSEEN, shown) == []
    assert "hostile-mark" in shown
