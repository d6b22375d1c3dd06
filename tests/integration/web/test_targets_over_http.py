"""The catalogue of targets: listed, searched, shown and walked over HTTP, and by the commands."""

import json

import pytest
from served import service

from trigger_service.cli import main
from trigger_service.client import ApiError, Client
from trigger_service.domain.errors import PlanEnded
from trigger_service.domain.run import Run, Trigger
from trigger_service.domain.target_writes import TargetInput, TargetWrite
from trigger_service.store import runs, target_writes
from trigger_service.web.insight_documents import TargetsDocument
from trigger_service.web.target_documents import CatalogueDocument, LineageDocument, TargetHistoryDocument
from trigger_service.web.verification_documents import VerificationDocument

A, B, C, GONE = (f"01890a5d-ac96-774b-bcce-b302099a805{n}" for n in (6, 7, 8, 9))


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A service of whose runs A has written raw and facts, B facts again and a report, and GONE an old file."""
    with service(tmp_path_factory.mktemp("targets") / "home") as served:
        for run_id in (A, B, C):
            with served.database.write() as connection:
                runs.insert(connection, a_run(run_id), identity=run_id)
        with served.database.write() as connection:
            target_writes.record(
                connection,
                [
                    write(GONE, "/srv/old.csv", 1.0, pipeline="Old"),
                    write(A, "/srv/raw.csv", 2.0, observed=True, sha256="", size=None),
                    write(A, "s3://lake/facts", 3.0, inputs=(TargetInput("/srv/raw.csv", "v2"),)),
                    write(B, "s3://lake/facts", 4.0, inputs=(TargetInput("/srv/raw.csv"),)),
                    write(B, "/srv/report.html", 5.0, inputs=(TargetInput("s3://lake/facts", "v3"),)),
                    *(write(C, f"/srv/{name}", 6.0, pipeline="Faulty") for name in ("fine", "changed", "missing")),
                    write(C, "s3://lake/facts", 2.5),
                ],
            )
        yield served


def a_run(run_id):
    about = {"pipeline": "Report", "module": "tasks.report", "parameters": {}, "texts": {}, "task_id": "Report_1"}
    return Run(id=run_id, state="succeeded", trigger=Trigger("api"), attempt=1, created_at=1.0, **about)


def write(run_id, url, time, **more):
    about = {"task_id": f"Work_{time:g}", "family": "Work", "module": "tasks.report", "pipeline": "Report"}
    told = {"parameters": {"n": "1"}, "location": "default", "environment": "default", "size": 12, "sha256": "ab"}
    return TargetWrite(url, f"v{time:g}", run_id, 1, time=time, **{**about, **told, **more})


@pytest.fixture
def get(running):
    """The JSON at a path below the targets."""

    def give(path="", status=200, **query):
        answer = running.app.test_client().get(f"/api/v1/targets{path}", query_string=query)
        assert answer.status_code == status, answer.text
        return answer.json

    return give


def urls(page):
    return [item["url"] for item in page["items"]]


def test_a_target_with_a_password_is_named_by_its_url_and_by_what_of_it_is_shown_and_nobody_learns_it(running, get):
    # Given
    whole, shown = "postgresql://ada:pa55word@db/shop#orders", "postgresql://...@db/shop#orders"
    with running.database.write() as connection:
        inputs = (TargetInput("https://ada:pa55word@api/orders"),)
        target_writes.record(connection, [write(GONE, whole, 0.5, pipeline="Guarded", inputs=inputs)])
    # Then
    by_url = get("/show", url=whole)
    assert get("/show", url=shown) == by_url
    assert get("/lineage", url=shown) == get("/lineage", url=whole)
    answers = [by_url, get("/lineage", url=whole), get(pipeline="Guarded"), get("/show", 404, url=f"{shown}s")]
    assert by_url["newest"]["url"] == shown
    assert "pa55word" not in str(answers)
    # And it cannot be guessed by what is found
    assert urls(get(q="DB/shop")) == [shown]
    assert urls(get(q="ada:pa")) == []


def test_targets_are_listed_newest_first_each_once_and_all_of_a_run(get):
    everything = get(pipeline="Report")
    CatalogueDocument.model_validate_json(json.dumps(everything))
    assert urls(everything) == ["/srv/report.html", "s3://lake/facts", "/srv/raw.csv"]
    assert len(urls(get())) >= 7
    assert urls(get(q="LAKE")) == ["s3://lake/facts"]
    assert urls(get(q="%")) == []
    assert urls(get(pipeline="Old")) == ["/srv/old.csv"]
    assert urls(get(run=A)) == ["s3://lake/facts", "/srv/raw.csv"]


def test_pages_follow_each_other_and_a_wrong_cursor_is_refused(running, get):
    first = get(limit=4)
    second = get(limit=4, cursor=first["next_cursor"])
    assert urls(first) + urls(second) == urls(get())
    assert second["next_cursor"] is None
    assert get(cursor="x", status=422)["errors"][0]["pointer"] == "?cursor"
    answer = running.app.test_client().get("/api/v1/targets?limit=3")
    assert 'rel="next"' in answer.headers["Link"]
    again = running.app.test_client().get("/api/v1/targets?limit=3", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_target_is_shown_with_who_wrote_it_from_what_and_what_was_there_before(get):
    shown = get("/show", url="s3://lake/facts")
    TargetHistoryDocument.model_validate_json(json.dumps(shown))
    assert (shown["newest"]["version"], shown["newest"]["run_id"], shown["newest"]["current"]) == ("v4", B, True)
    assert shown["run"]["id"] == B
    # what named no version has read what was there by then
    assert [(i["url"], i["version"], i["state"], i["run_id"]) for i in shown["inputs"]] == [
        ("/srv/raw.csv", "v2", "current", A)
    ]
    assert [(w["version"], w["current"]) for w in shown["earlier"]] == [("v3", False), ("v2.5", False)]
    assert get("/show", url="/srv/raw.csv")["newest"]["sha256"] is None


def test_the_record_of_a_run_that_is_gone_is_shown(get):
    shown = get("/show", url="/srv/old.csv")
    assert (shown["newest"]["run_id"], shown["run"]) == (GONE, None)


def test_a_target_that_is_not_known_is_not_found_and_the_nearest_are_named(get):
    problem = get("/show", status=404, url="/srv/reports.html")
    assert problem["type"] == "/problems/target-not-found"
    assert "/srv/report.html" in problem["detail"]
    assert "s3://lake/facts" in get("/lineage", status=404, url="s3://lak/facts")["detail"]


def test_a_lineage_has_nodes_and_edges_and_what_is_superseded_says_so(get):
    graph = get("/lineage", url="/srv/report.html")
    LineageDocument.model_validate_json(json.dumps(graph))
    assert [(node["url"], node["version"], node["state"]) for node in graph["nodes"]] == [
        ("/srv/report.html", "v5", "current"),
        ("s3://lake/facts", "v3", "superseded"),
        ("/srv/raw.csv", "v2", "current"),
    ]
    assert graph["edges"] == [{"source": 1, "made": 0}, {"source": 2, "made": 1}]
    assert len(get("/lineage", url="/srv/report.html", depth=1)["nodes"]) == 2
    assert get("/lineage", status=422, url="x", direction="sideways")["errors"][0]["pointer"] == "?direction"


def test_the_targets_of_a_run_have_what_was_written(running):
    found = running.app.test_client().get(f"/api/v1/runs/{B}/targets").json
    TargetsDocument.model_validate_json(json.dumps(found))
    [facts, _] = [item["written"] for item in found["items"]]
    assert (facts["url"], facts["size"], facts["sha256"], facts["version"]) == ("s3://lake/facts", 12, "ab", "v4")
    assert facts["inputs"] == [{"url": "/srv/raw.csv", "version": ""}]


@pytest.fixture
def luigi_trigger(running, capsys, monkeypatch):
    monkeypatch.setenv("LUIGI_TRIGGER_URL", running.url)

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


def test_the_commands_show_what_the_api_does(luigi_trigger, running, monkeypatch):
    code, out, _ = luigi_trigger("targets", "list", "report")
    assert (code, out.split("\t")[0]) == (0, "/srv/report.html")
    # a path is made absolute
    monkeypatch.chdir("/")
    code, out, _ = luigi_trigger("targets", "show", "srv/report.html")
    assert f"run\t{B} (succeeded, Report)" in out
    assert f"read\ts3://lake/facts\tsuperseded\t{A}" in out
    code, out, _ = luigi_trigger("targets", "show", "s3://lake/facts")
    assert f"before\ts3://lake/facts\t1970-01-01T00:00:03.000Z\t{A}" in out
    with Client(running.url) as client:
        assert json.loads(luigi_trigger("targets", "show", "--json", "/srv/raw.csv")[1]) == client.targets.show(
            "/srv/raw.csv"
        )
    assert "'/srv/folder/'" in luigi_trigger("targets", "show", "srv/folder/")[2]
    code, out, err = luigi_trigger("targets", "show", "/srv/reprt.html")
    assert (code, out) == (3, "")
    assert "/srv/report.html" in err


def test_a_lineage_is_drawn_as_two_trees(luigi_trigger):
    code, out, _ = luigi_trigger("targets", "lineage", "s3://lake/facts")
    assert code == 0
    assert out.splitlines() == [
        f"s3://lake/facts  Work, run {B[:13]}, 1970-01-01T00:00:04Z",
        "  made from:",
        f"  └─ /srv/raw.csv  Work, run {A[:13]}, 1970-01-01T00:00:02Z",
        "  read by:",
        f"  └─ /srv/report.html  Work, run {B[:13]}, 1970-01-01T00:00:05Z",
    ]
    _, out, _ = luigi_trigger("targets", "lineage", "--up", "/srv/report.html")
    assert out.splitlines()[1:] == [
        "  made from:",
        f"  └─ s3://lake/facts  [superseded]  Work, run {A[:13]}, 1970-01-01T00:00:03Z",
        f"     └─ /srv/raw.csv  Work, run {A[:13]}, 1970-01-01T00:00:02Z",
    ]


def test_a_target_is_verified_and_a_run_with_all_that_it_has_written(running):
    http = running.app.test_client()
    one = http.post("/api/v1/targets/verify", json={"url": "/srv/fine"}).json
    VerificationDocument.model_validate_json(json.dumps(one))
    [item] = one["items"]
    assert (item["verdict"], item["differs"], item["found"]["sha256"]) == ("ok", ["version"], "ab")

    all_of_it = http.post("/api/v1/targets/verify", json={"run_id": C}).json
    assert {item["url"]: item["verdict"] for item in all_of_it["items"]} == {
        "/srv/fine": "ok",
        "/srv/changed": "changed",
        "/srv/missing": "missing",
        "s3://lake/facts": "superseded",
    }
    assert {verdict: count for verdict, count in all_of_it["counts"].items() if count} == {
        "ok": 1, "changed": 1, "missing": 1, "superseded": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"url": "/a", "run_id": A}, 422), ({"url": "/none"}, 404), ({"run_id": GONE}, 404)],
)
def test_what_cannot_be_verified_is_refused(running, body, status):
    assert running.app.test_client().post("/api/v1/targets/verify", json=body).status_code == status


def test_a_second_verification_at_a_time_is_refused_and_one_that_nobody_wants_any_more_ends(running):
    # Given a verification under way
    verifications, refused = running.services.verifications, []

    def hear(_news):
        answer = running.app.test_client().post("/api/v1/targets/verify", json={"url": "/srv/fine"})
        refused.append((answer.status_code, "Retry-After" in answer.headers))

    # When it is not wanted any more after its first word
    with pytest.raises(PlanEnded):
        verifications.verify(verifications.of_url("/srv/fine"), 30.0, hear, lambda: True)
    # Then another one was refused meanwhile, and is made afterwards
    assert refused == [(429, True)]
    assert running.app.test_client().post("/api/v1/targets/verify", json={"url": "/srv/fine"}).status_code == 200


def test_the_command_says_how_far_it_is_and_what_was_found(luigi_trigger, running):
    code, out, _ = luigi_trigger("targets", "verify", "--run", C)
    assert code == 1
    assert out.splitlines()[0].startswith("superseded\ts3://lake/facts\t")
    assert any(line.startswith("changed\t/srv/changed\tsha256 is cd, was ab") for line in out.splitlines())
    code, out, _ = luigi_trigger("targets", "verify", "/srv/fine", "--json")
    assert (code, json.loads(out)["counts"]["ok"]) == (0, 1)
    assert luigi_trigger("targets", "verify")[0] == 2
    heard = []
    with Client(running.url) as client:
        client.targets.verify("/srv/fine", hear=lambda kind, news: heard.append((kind, news["url"])))
        with pytest.raises(ApiError, match="No run is known"):
            client.targets.verify("/none")
    assert heard == [("progress", "/srv/fine"), ("verified", "/srv/fine")]
