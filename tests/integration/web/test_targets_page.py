"""The pages of targets over HTTP: what is listed, what is shown of one, how one is verified, and what never shows."""

import csv
import html
import io
import re
import time

import pytest
from polling import until
from reader import send, words
from served import service

from trigger_service.domain.run import Run, Trigger
from trigger_service.domain.target_writes import TargetInput, TargetWrite
from trigger_service.store import runs, target_writes

A, B, GONE = (f"01890a5d-ac96-774b-bcce-b302099a805{n}" for n in (6, 7, 9))
FACTS, SIGNED = "s3://lake/facts", "https://ada:pa55word@shelf.example/x?X-Amz-Signature=5ecret&y=1"
HOSTILE = "/srv/<b>x</b>\u202egpj"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A service of whose runs A has written raw and facts, B facts again and a report, and a third an old file."""
    with service(tmp_path_factory.mktemp("targets") / "home") as served:
        for run_id in (A, B):
            with served.database.write() as connection:
                runs.insert(connection, a_run(run_id), identity=run_id)
        with served.database.write() as connection:
            written = [
                write(GONE, "/srv/old.csv", 1.0, pipeline="Old"),
                write(A, "/srv/raw.csv", 2.0, observed=True, sha256="", size=None),
                write(A, FACTS, 3.0, inputs=(TargetInput("/srv/raw.csv", "v2"), TargetInput("/far/unknown.csv"))),
                write(B, FACTS, 4.0, inputs=(TargetInput("/srv/raw.csv"),)),
                write(B, "/srv/report.html", 5.0, inputs=(TargetInput(FACTS, "v3"),)),
                write(B, SIGNED, 6.0, inputs=(TargetInput(FACTS),)),
                write(B, HOSTILE, 7.0, family="<i>Work</i>", task_id="=Work"),
                *(write(B, f"/shelf/{name}", 8.0) for name in ("fine", "changed", "missing")),
            ]
            target_writes.record(connection, written)
        yield served


def a_run(run_id):
    about = {"pipeline": "Hello", "module": "tasks.hello", "parameters": {}, "texts": {}, "task_id": "Hello_1"}
    return Run(id=run_id, state="succeeded", trigger=Trigger("api"), attempt=1, created_at=1.0, **about)


def write(run_id, url, moment, **more):
    about = {"task_id": f"Work_{moment:g}", "family": "Work", "module": "tasks.hello", "pipeline": "Hello"}
    told = {"parameters": {"n": "1"}, "location": "default", "environment": "default", "size": 12, "sha256": "ab"}
    return TargetWrite(url, f"v{moment:g}", run_id, 1, time=moment, **{**about, **told, **more})


@pytest.fixture
def http(running):
    return running.app.test_client()


def text(answer):
    """What a person reads."""
    return words(whole(answer))


def whole(answer):
    """The page with the two parts of each URL as one."""
    return answer.text.replace('</span><span class="name">', "")


def listed(answer):
    """The targets of the page, in their order."""
    found = re.findall(r"<tr data-row><th[^>]*><a[^>]*>(.*?)</a>", answer.text)
    return [re.sub("<.*?>", "", each) for each in found]


def test_targets_are_found_by_url_prefix_pipeline_and_run(http):
    assert listed(http.get("/targets?q=LAKE")) == [FACTS]
    assert listed(http.get("/targets?prefix=/shelf/")) == ["/shelf/missing", "/shelf/changed", "/shelf/fine"]
    assert listed(http.get("/targets?pipeline=Old")) == ["/srv/old.csv"]
    of_a = http.get(f"/targets?run={A}")
    assert listed(of_a) == [FACTS, "/srv/raw.csv"]
    assert "Written anew 12 B" in text(of_a)
    assert "No target is like this" in text(http.get("/targets?q=nowhere"))
    assert http.get("/targets?color=red").status_code == 422


def test_the_list_is_kept_as_a_file_with_its_filters(http):
    rows = list(csv.DictReader(io.StringIO(http.get("/targets?as=csv&q=<b>").text)))
    assert [(row["url"], row["task"], row["size"]) for row in rows] == [(HOSTILE, "'=Work", "12")]
    assert len(http.get("/targets?as=json&pipeline=Hello").json["items"]) == 8


def test_a_target_is_shown_with_who_wrote_it_from_what_and_what_was_made_of_it(http):
    answer = http.get("/targets", query_string={"url": FACTS})
    shown = text(answer)
    assert f'href="/runs/{B}"' in answer.text
    assert "Checksum (SHA-256) ab" in shown
    assert re.search("Lineage made from, left; made of it, right .*raw.csv.*facts", shown)
    assert "report.html" not in re.search(r"<svg width.*?</svg>", answer.text, re.S)[0].partition("facts")[0]
    assert 'href="/targets?url=%2Fsrv%2Fraw.csv"' in answer.text
    assert re.search(r"Writes .* There 12 B Work .* v4 .* Written anew 12 B Work .* v3", shown)


def test_a_run_that_is_gone_and_a_target_that_nobody_wrote_are_told(http):
    assert f"{GONE[:13]} , which has been deleted" in text(http.get("/targets?url=/srv/old.csv"))
    missing = http.get("/targets?url=/srv/row.csv")
    assert (missing.status_code, "/srv/raw.csv" in text(missing)) == (404, True)


def test_what_is_a_secret_in_a_url_never_shows_and_the_target_can_be_used_all_the_same(http):
    # Given its address as the list has it
    found = http.get("/targets?q=shelf.example")
    address = re.search(r'href="(/targets\?of=\d+)"', found.text)[1]
    # When
    shown, lineage = http.get(address), http.get("/targets", query_string={"url": FACTS})
    as_file = http.get("/targets?as=csv&q=shelf.example")
    verified = send(http, "/targets/verify", of=address.rpartition("=")[2])
    # Then
    for answer in (found, shown, lineage, as_file, verified):
        assert "https://...@shelf.example/x" in html.unescape(whole(answer)) or answer.status_code == 303
        assert not re.search("pa55word|5ecret", answer.text + str(answer.headers))
    assert shown.status_code == 200
    assert verified.headers["Location"] == f"{address}#verified"


def test_hostile_names_are_text_and_marks_of_direction_are_shown(http):
    for answer in (http.get("/targets?q=<b>"), http.get("/targets", query_string={"url": HOSTILE})):
        assert answer.status_code == 200
        assert not re.search("<b>x|<i>Work|\u202e</", answer.text)
        assert "/srv/<b>x</b>⟨U+202E⟩gpj" in html.unescape(whole(answer))


@pytest.mark.parametrize(
    ("name", "said", "standing"),
    [
        ("fine", "It is what is on record", "There, verified"),
        ("changed", "It is not what is on record : sha256 is cd, was ab", "Changed"),
        ("missing", "It is missing", "Missing"),
    ],
)
def test_a_target_is_verified_and_what_was_found_is_told_from_then_on(running, http, name, said, standing):
    # Given
    until(lambda: running.services.rereadings.of(SIGNED) is None or running.services.rereadings.of(SIGNED).ended_at, "")
    url = f"/shelf/{name}"
    # When
    answer = until(
        lambda: sent if (sent := send(http, "/targets/verify", url=url)).status_code == 303 else None, "turn"
    )
    # Then
    until(lambda: (found := running.services.rereadings.of(url)) and found.ended_at, "it is verified")
    page = text(http.get(answer.headers["Location"].partition("#")[0]))
    assert said in page
    assert f"As last known {standing}" in page
    assert re.search(f"/shelf/{name} {standing}", text(http.get("/targets?prefix=/shelf/")))


def test_an_open_page_asks_for_how_far_a_verification_is(http):
    answer = http.get("/targets?url=/shelf/fine", headers={"X-Parts": "verified"})
    assert answer.text.strip().startswith('<div id="verified" data-live="run:rereadings"')


def test_pages_of_many_targets_follow_each_other(running, http):
    with running.database.write() as connection:
        target_writes.record(connection, [write(GONE, f"/many/{n:03}", 9.0, pipeline="Many") for n in range(120)])
    seen, address, began = [], "/targets?pipeline=Many", time.monotonic()
    while address and time.monotonic() - began < 25:
        answer = http.get(address)
        seen += listed(answer)
        older = re.search(r'href="([^"]*)">Older', answer.text)
        address = html.unescape(older[1]) if older else ""
    assert seen == [f"/many/{n:03}" for n in reversed(range(120))]
