"""The log of a run as a page, and logs of all runs."""

import csv
import html
import io
import re

import pytest
from served import service

from trigger_service.domain.logs import LogLine, encode
from trigger_service.domain.queries import LogFilter, RunFilter
from trigger_service.domain.run import Run, TaskExecution, Trigger
from trigger_service.domain.spec import attempt_folder
from trigger_service.store import attempts, executions, runs

A, B, EMPTY = (f"01890a5d-ac96-774b-bcce-b302099a80{number}" for number in (57, 58, 59))
HOSTILE = (
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b[0m\x1b[2J \x00 \r \u202e \ud800 'quoted' &amp;",
    "invalid \\xff",
    "huge " + "x" * (1 << 20) + " needle",
)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A service with a failed run that printed a lot in two attempts, a short one, and one that printed nothing."""
    with service(tmp_path_factory.mktemp("logs") / "home") as served:
        record(served, A, "Root", "failed", [list(many()), list(hostile())])
        record(served, B, "Other", "succeeded", [[LogLine(9.0, "INFO", "stdout", None, 1, "needle in Other")]])
        record(served, EMPTY, "Root", "succeeded", [])
        yield served


@pytest.fixture
def get(running):
    """The page of a path, as text."""

    def ask(path, **more):
        answer = running.app.test_client().get(path, **more)
        assert answer.status_code == 200
        return answer.text

    return ask


def record(served, run_id, family, state, logs):
    shown = {"pipeline": family, "module": "tasks.root", "parameters": {}, "texts": {}, "task_id": f"{family}_1"}
    moments = {"created_at": 1.0 + len(logs), "started_at": 100.0, "finished_at": 110.0}
    run = Run(id=run_id, state=state, trigger=Trigger("api"), attempt=len(logs), **shown, **moments)
    leaves = [
        TaskExecution(run_id, len(logs), f"Leaf_{day}", "Leaf", "done", parameters={"day": str(day)}) for day in (1, 2)
    ]
    with served.database.write() as connection:
        runs.insert(connection, run, identity=run.id, sealed="")
        executions.upsert(connection, leaves)
        for number, lines in enumerate(logs, start=1):
            attempts.insert(connection, run.id, number, 1.0)
            file = attempt_folder(served.database.path.parent, run_id, number).log_file
            file.parent.mkdir(parents=True)
            file.write_bytes(b"".join(map(encode, lines)))


def many():
    for number in range(1, 2001):
        level = "ERROR" if number == 1500 else "WARNING" if number % 100 == 0 else "DEBUG"
        word = "needle" if number % 400 == 0 else "hay"
        yield LogLine(number / 1000, level, "stdout", f"Leaf_{1 + number % 2}", 1, f"{word} {number}")


def hostile():
    for text in HOSTILE:
        yield LogLine(3.0, "INFO", "my.logger", "<b>\u202e_1", 1, text)


def numbers(page):
    return [int(number) for number in re.findall(r'<li class="log-line[^>]* id="L(\d+)"', page)]


def marked(page):
    return [int(number) for number in re.findall(r'id="L(\d+)" aria-current="true"', page)]


def link(page, name):
    """Where the link with this text or label leads."""
    found = re.search(
        rf'<a [^>]*href="([^"]*)"[^>]*(?:aria-label="{name}"[^>]*>|>(?:<svg.*?</svg>)?(?:<span>)?{name})', page
    )
    return html.unescape(found[1])


def test_a_failed_run_opens_at_its_first_error_and_says_how_much_there_is(get):
    page = get(f"/runs/{A}/log")
    assert "2\N{NARROW NO-BREAK SPACE}004 lines" in page
    assert numbers(page)[0] == 1494
    assert marked(page) == [1500]
    assert len(numbers(page)) == 200
    chips = dict(re.findall(r'<a class="chip"[^>]*>([^<]+) <b>([^<]+)</b>', page))
    assert chips == {"All": "2\N{NARROW NO-BREAK SPACE}004", "Info+": "24", "Warning+": "20", "Error": "1"}


@pytest.mark.parametrize(
    ("query", "first", "last", "count"),
    [
        ("first=1", 1, 200, 200),
        ("first=1999", 1999, 2004, 6),
        ("last=20", 1, 20, 20),
        ("line=1000", 934, 1133, 200),
        ("follow=1", 1805, 2004, 200),
        ("level=WARNING", 100, 2000, 20),
        ("task=Leaf_1&first=1", 2, 400, 200),
        ("task=Leaf&first=1", 1, 200, 200),
        ("stream=my.logger", 2001, 2004, 4),
        ("q=NEEDLE&show=hits", 400, 2004, 6),
        (r"q=^needle%2B\s[48]00$&re=1&show=hits", 400, 800, 2),
        ("q=needle&show=around", 398, 2004, 27),
        ("first=99999999", 0, 0, 0),
        ("q=nowhere&show=hits", 0, 0, 0),
        ("line=nonsense&first=-3&level=LOUD&whole=x", 1, 200, 200),
    ],
)
def test_an_address_says_which_lines(get, query, first, last, count):
    shown = numbers(get(f"/runs/{A}/log?{query}")) or [0]
    assert (shown[0], shown[-1], len(shown) if last else 0) == (first, last, count)


def test_hits_are_counted_and_stepped_through_and_the_lines_around_stay(get):
    # Given the page of somebody who looks for a word
    page = get(f"/runs/{A}/log?q=needle&level=DEBUG")
    assert marked(page) == [400]
    assert "1 of 6" in page
    assert '<mark aria-current="true">needle</mark> 400' in page
    assert "<span>hay 401</span>" in page
    # When the links are followed
    page = get(f"/runs/{A}/log" + link(page, "Next hit"))
    # Then they lead to the next, and from the first to the last
    assert marked(page) == [800]
    assert marked(get(f"/runs/{A}/log" + link(page, "Previous hit"))) == [400]
    page = get(f"/runs/{A}/log" + link(get(f"/runs/{A}/log?q=needle"), "Previous hit"))
    assert marked(page) == [2004]
    assert "q=needle" in link(page, "Line 2003")
    assert marked(get(f"/runs/{A}/log" + link(page, "First error"))) == [1500]


def test_lines_are_named_one_by_one_or_as_a_range(get):
    page = get(f"/runs/{A}/log?line=12-10&level=DEBUG&q=hay")
    assert marked(page) == [10, 11, 12]
    assert link(page, "Line 13") == "?level=DEBUG&q=hay&line=13#L13"


def test_older_and_newer_lines_are_a_link_away_to_both_ends(get):
    page, seen = get(f"/runs/{A}/log?last=450&q=&level="), []
    while page:
        seen = numbers(page) + seen
        older = link(page, "Older lines")
        page = get(f"/runs/{A}/log{older}") if older else ""
    assert seen == list(range(1, 451))


def test_lines_alone_are_given_for_a_page_that_is_open(get):
    fragment = get(f"/runs/{A}/logs?first=1990&level=WARNING")
    assert "<html" not in fragment
    assert 'data-first="1990" data-last="2004"' in fragment
    assert numbers(fragment) == [2000]


def test_the_counts_alone_are_given_to_a_page_that_follows(get):
    parts = get(f"/runs/{A}/log", headers={"X-Parts": "logcount loglevels"})
    assert 'id="logcount"' in parts
    assert 'data-total="2004"' in parts
    assert "log-line" not in parts
    assert 'id="loglevels"' in get(f"/runs/{A}", headers={"X-Parts": "loglevels"})


def test_hostile_lines_stay_text_and_huge_ones_are_folded(get):
    page = get(f"/runs/{A}/log?follow=1&wrap=0")
    assert "&lt;script&gt;alert(1)" in page
    assert '<span class="ansi-red">red</span>' in page
    assert "⟨ESC⟩[2J ⟨NUL⟩ ⟨CR⟩ ⟨U+202E⟩ ⟨U+D800⟩ &#39;quoted&#39; &amp;amp;" in page
    assert "&lt;b&gt;⟨U+202E⟩_1" in page
    assert "<b>\u202e" not in page
    assert len(page) < 200_000
    folded = get(f"/runs/{A}/log?q=needle&line=2004")
    assert "a hit in 1\N{NARROW NO-BREAK SPACE}047\N{NARROW NO-BREAK SPACE}588 more characters" in folded
    whole = get(f"/runs/{A}/log" + link(folded, "a hit in"))
    assert "x" * (1 << 20) in whole
    assert "more characters" not in whole


def test_a_bad_expression_is_told_beside_the_field_and_hides_no_line(get):
    page = get(f"/runs/{A}/log?q=(&re=1&show=hits")
    assert 'aria-describedby="log-mistake"' in page
    assert "Not an expression of RE2: missing ): (." in page
    assert len(numbers(page)) == 200


def test_a_run_without_output_and_a_filter_without_lines_say_so(get):
    assert "This run printed nothing." in get(f"/runs/{EMPTY}/log")
    page = get(f"/runs/{A}/log?level=CRITICAL")
    assert "None of 2\N{NARROW NO-BREAK SPACE}004 lines passes the filter." in page
    assert len(numbers(get(f"/runs/{A}/log" + link(page, "Show all")))) == 200


def test_logs_of_all_runs_are_searched_and_each_hit_leads_to_its_line(get):
    # When a word is looked for
    page = get("/logs?q=needle")
    # Then there are the hits of each run, the newest run first, and how far was looked
    assert "7 hits in 2 runs" in page
    assert "Looked at 3 of 3 runs" in page
    assert re.findall(r'<section class="panel" aria-label="([^"]+)"', page) == [
        f"Root {A[:13]}, failed",
        f"Other {B[:13]}, succeeded",
    ]
    assert len(re.findall('<li class="log-line', page)) == 5 + 1
    # And a line leads to itself in its run, more hits to all of them
    assert marked(get(link(page, "Line 800"))) == [800]
    assert numbers(get(link(page, "1 more hits in this run"))) == [400, 800, 1200, 1600, 2000, 2004]
    # And one can narrow down
    assert "1 hit in 1 run<" in get(link(page, r"<span class=\"grow\">Other"))


def test_a_search_narrows_down_to_the_tasks_of_a_family_and_shows_when_its_hits_were_printed(get):
    # Given a search that has its hits by pipeline, level and task, and over time
    page = get("/logs?q=needle")
    facets = dict(re.findall(r'<a class="row" href="([^"]+)"><span class="grow">([^<]+)</span>', page))
    assert set(facets.values()) == {"Root", "Other", "warning", "info", "Leaf"}
    assert 'aria-label="7 hits from ' in page
    assert re.findall(r"<g><title>.*?(: .*?)</title>", page) == [": 5 warnings, 2 others"]
    # When one narrows it down to the tasks of a family
    narrow = get(link(page, r"<span class=\"grow\">Leaf"))
    # Then the hits of others are gone, and their runs lead to no others
    assert "5 hits in 1 run<" in narrow
    assert "Looked at 3 of 3 runs" in narrow
    assert numbers(get(link(narrow, "Line 800")))[0] > 0
    assert "task=Leaf" in link(narrow, "Line 800")
    assert 'spellcheck="false" value="Leaf"' in narrow
    # And that is what the file has
    rows = list(csv.DictReader(io.StringIO(get("/logs?q=needle&task=Leaf&as=csv"))))
    assert [row["line"] for row in rows] == ["400", "800", "1200", "1600", "2000"]
    assert "0 hits in 0 runs" in get("/logs?task=Nobody")


def test_a_search_goes_on_where_its_time_was_over(running):
    # Given searches that find one run each
    found, cursor, looked = [], None, 0
    while True:
        hits = running.services.log_search.search(RunFilter(), LogFilter(text="needle"), cursor, most=1)
        found += [each.run.id for each in hits.found]
        looked, cursor = looked + hits.looked, hits.next_cursor
        if cursor is None:
            break
    # Then together they looked at every run once
    assert found == [A, B]
    assert looked == hits.total == 3


def test_hits_are_kept_as_files_without_what_could_not_be_sent(get):
    rows = list(csv.DictReader(io.StringIO(get("/logs?q=U&level=INFO&as=csv&re=1"))))
    assert rows == []
    rows = list(csv.DictReader(io.StringIO(get("/logs?q=quoted&as=csv"))))
    assert [(row["pipeline"], row["line"], row["stream"]) for row in rows] == [("Root", "2002", "my.logger")]
    assert "?" in rows[0]["text"]


def test_nothing_is_looked_for_before_something_is_asked(get):
    page = get("/logs?pipeline=Other&from=2013-01-01&to=never")
    assert "What are you looking for?" in page
    assert "Looked at" not in page
    assert "0 hits in 0 runs" in get("/logs?q=needle&from=1h")
    assert "Not an expression of RE2" in get("/logs?q=(&re=1")
