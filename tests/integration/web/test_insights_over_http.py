"""Graphs, targets, comparisons and whole logs of runs."""

import gzip
import json
import tracemalloc

import pytest
import requests
from served import service

from trigger_service.domain.logs import LogLine, encode
from trigger_service.domain.run import Run, RunError, TaskExecution, Trigger
from trigger_service.domain.spec import attempt_folder
from trigger_service.store import attempts, executions, runs
from trigger_service.web.insight_documents import ComparisonDocument, GraphDocument, TargetsDocument

A, B = "01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058"
OUTPUT_MISSING = RunError("OutputMissing", "the task says done, but out/root does not exist", "Root_1")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A service with two runs on record, and the log of the first."""
    with service(tmp_path_factory.mktemp("insights") / "home", max_streams=2) as served:
        a = record(
            served,
            run(A, {"month": "1"}, 10.0),
            [
                task(A, "Root_1", "done", ["Leaf_1", "Leaf_2", "Gone_9"], ["out/root"], took=4.0),
                task(A, "Leaf_1", "complete", outputs=["out/1"]),
                task(A, "Leaf_2", "done", outputs=["out/2"], took=1.0),
                task(A, "Month_1", "failed", outputs=["out/m"], took=1.0),
            ],
        )
        record(
            served,
            run(B, {"month": "2"}, 20.0, state="failed", error=OUTPUT_MISSING, code_commit="abc"),
            [
                task(B, "Root_1", "done", ["Leaf_1"], ["out/root", "out/more"], took=4.1),
                task(B, "Leaf_1", "pending", outputs=["out/1"]),
                task(B, "Month_2", "failed", outputs=["out/m"], took=3.0),
                task(B, "New_1", "pending", outputs=["out/x", "out/y"]),
            ],
        )
        folder = attempt_folder(served.database.path.parent, a.id, 1)
        folder.log_file.parent.mkdir(parents=True)
        folder.log_file.write_bytes(b"".join(lines()))
        folder.pumped_file.touch()
        yield served


def run(run_id, texts, took, state="succeeded", **more):
    moments = {"created_at": 1.0, "started_at": 100.0, "finished_at": 100.0 + took}
    shown = {"pipeline": "Root", "module": "tasks.root", "parameters": texts, "texts": texts, "task_id": "Root_1"}
    return Run(id=run_id, state=state, trigger=Trigger("api"), attempt=1, **shown, **moments, **more)


def task(run_id, task_id, status, dependencies=(), outputs=(), took=None):
    times = {} if took is None else {"started_at": 100.0, "finished_at": 100.0 + took}
    family = task_id.partition("_")[0]
    return TaskExecution(
        run_id, 1, task_id, family, status, dependencies=tuple(dependencies), outputs=tuple(outputs), **times
    )


def record(served, run, tasks):
    with served.database.write() as connection:
        runs.insert(connection, run, identity=run.id, sealed="")
        attempts.insert(connection, run.id, 1, 1.0)
        executions.upsert(connection, tasks)
    return run


def lines():
    for number in range(3000):
        level, task_id = ("ERROR", "Leaf_2") if number % 1000 == 7 else ("INFO", "Root_1")
        yield encode(LogLine(number / 1000, level, "stdout", task_id, 1, f"line {number} ä\tb" + " and so on" * 9))
    yield encode(LogLine(3.0, "ERROR", "my.logger", None, 1, "Traceback\n  more"))


@pytest.fixture
def get(running):
    """The JSON at a path below the runs."""

    def give(path, **query):
        answer = running.app.test_client().get(f"/api/v1/runs/{path}", query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json

    return give


def test_a_graph_has_the_tasks_and_what_they_require(get):
    graph = get(f"{A}/graph")

    GraphDocument.model_validate_json(json.dumps(graph))
    assert (graph["attempt"], graph["total"], graph["left_out"]) == (1, 4, 0)
    assert [(node["task_id"], node["status"]) for node in graph["nodes"]][:2] == [
        ("Root_1", "done"), ("Leaf_1", "complete"),
    ]  # fmt: skip
    assert graph["edges"] == [
        {"task_id": "Root_1", "requires": "Leaf_1"}, {"task_id": "Root_1", "requires": "Leaf_2"},
    ]  # fmt: skip


def test_a_large_graph_is_cut_and_says_how_much_is_left_out(get):
    graph = get(f"{A}/graph", limit=2)

    assert [node["task_id"] for node in graph["nodes"]] == ["Root_1", "Leaf_1"]
    assert graph["edges"] == [{"task_id": "Root_1", "requires": "Leaf_1"}]
    assert (graph["total"], graph["left_out"]) == (4, 2)


def test_targets_say_what_the_run_knew_of_them(get):
    first, second = get(f"{A}/targets"), get(f"{B}/targets")

    TargetsDocument.model_validate_json(json.dumps(first))
    assert [(item["target"], item["exists"]) for item in first["items"]] == [
        ("out/root", True), ("out/1", True), ("out/2", True), ("out/m", None),
    ]  # fmt: skip
    assert {item["target"]: item["exists"] for item in second["items"]} == {
        "out/root": False, "out/more": None, "out/1": False, "out/m": None, "out/x": None, "out/y": None,
    }  # fmt: skip


def test_targets_are_chosen_by_task_and_by_existence(get):
    assert [item["target"] for item in get(f"{A}/targets", task="Leaf")["items"]] == ["out/1", "out/2"]
    assert [item["target"] for item in get(f"{B}/targets", exists="false")["items"]] == ["out/root", "out/1"]
    cut = get(f"{A}/targets", limit=1)
    assert (cut["total"], len(cut["items"])) == (4, 1)


def test_two_runs_are_compared_in_what_was_asked_and_how_it_went(get):
    comparison = get(f"{A}/diff/{B}")

    ComparisonDocument.model_validate_json(json.dumps(comparison))
    assert (comparison["a"]["id"], comparison["b"]["id"]) == (A, B)
    assert {found["name"]: (found["a"], found["b"]) for found in comparison["differences"]} == {
        "parameters.month": ("1", "2"),
        "code.commit": (None, "abc"),
        "state": ("succeeded", "failed"),
        "error": (None, f"OutputMissing: {OUTPUT_MISSING.message}"),
        "duration_s": (10.0, 20.0),
    }


def test_tasks_of_two_runs_are_compared_one_by_one(get):
    tasks = get(f"{A}/diff/{B}")["tasks"]

    found = [(item["a"] and item["a"]["task_id"], item["b"] and item["b"]["task_id"], item["differs"])
             for item in tasks["items"]]  # fmt: skip
    assert found == [
        ("Leaf_1", "Leaf_1", ["status"]),
        ("Leaf_2", None, ["only_in_a"]),
        ("Month_1", "Month_2", ["parameters", "duration"]),
        (None, "New_1", ["only_in_b"]),
    ]
    assert (tasks["same"], tasks["different"]) == (1, 4)
    assert len(get(f"{A}/diff/{B}", limit=1)["tasks"]["items"]) == 1


def test_a_run_differs_from_itself_in_nothing(get):
    comparison = get(f"{A}/diff/{A}")

    assert (comparison["differences"], comparison["tasks"]["items"], comparison["tasks"]["same"]) == ([], [], 4)


@pytest.mark.parametrize("path", ["graph", "targets", f"diff/{A}", "logs.txt", "logs.jsonl"])
def test_a_run_that_does_not_exist_has_none_of_it(running, path):
    missing = "01890a5d-ac96-774b-bcce-b302099a8059"

    answers = [running.app.test_client().get(f"/api/v1/runs/{run_id}/{path}") for run_id in (missing, "x")]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_a_whole_log_is_downloaded_as_text_and_as_json_lines(running):
    http = running.app.test_client()

    text, json_lines = (
        http.get(f"/api/v1/runs/{A}/logs.txt", buffered=True),
        http.get(f"/api/v1/runs/{A}/logs.jsonl", buffered=True),
    )

    told = text.text.splitlines()
    assert len(told) == 3002
    assert told[1].split("\t")[:4] == ["1970-01-01T00:00:00.001Z", "INFO", "stdout", "Root_1"]
    assert told[1].split("\t", 4)[4].startswith("line 1 ä\tb")
    assert [line.split("\t")[-1] for line in told[-2:]] == ["Traceback", "  more"]
    assert text.headers["Content-Disposition"] == f'attachment; filename="run-{A}.txt"'
    assert text.mimetype == "text/plain"
    objects = [json.loads(line) for line in json_lines.text.splitlines()]
    assert len(objects) == 3001
    assert objects[-1]["text"] == "Traceback\n  more"
    page = http.get(f"/api/v1/runs/{A}/logs?limit=5000").json
    assert page["items"] == objects


def test_a_download_is_compressed_where_the_client_takes_it(running):
    url = f"{running.url}/api/v1/runs/{A}/logs.txt"

    packed = requests.get(url, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=20)
    raw = packed.raw.read(decode_content=False)
    plain = requests.get(url, headers={"Accept-Encoding": "identity"}, timeout=20)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 5
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_a_download_that_the_client_has_already_is_not_sent_again(running):
    http = running.app.test_client()
    first = http.get(f"/api/v1/runs/{A}/logs.txt", buffered=True)

    again = http.get(f"/api/v1/runs/{A}/logs.txt", buffered=True, headers={"If-None-Match": first.headers["ETag"]})
    head = http.head(f"/api/v1/runs/{A}/logs.txt")
    other = http.get(
        f"/api/v1/runs/{A}/logs.txt?level=ERROR", buffered=True, headers={"If-None-Match": first.headers["ETag"]}
    )

    assert (again.status_code, again.data) == (304, b"")
    assert (head.status_code, head.data) == (200, b"")
    assert (other.status_code, len(other.text.splitlines())) == (200, 5)


def test_a_download_takes_no_more_memory_than_a_piece_of_the_log(running):
    log = attempt_folder(running.database.path.parent, B, 1).log_file
    log.parent.mkdir(parents=True)
    with log.open("wb") as file:
        file.writelines(encode(LogLine(1.0, "INFO", "stdout", None, 1, f"{n:0400}")) for n in range(30_000))
    assert log.stat().st_size > 12e6
    tracemalloc.start()
    try:
        answer = running.app.test_client().get(f"/api/v1/runs/{B}/logs.jsonl", buffered=False)
        size = sum(len(piece) for piece in answer.response)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        answer.close()

    assert size > 12e6
    assert peak < 6e6


def test_downloads_share_the_places_of_streams_and_give_them_back(running):
    http = running.app.test_client()
    for _ in range(5):
        http.get(f"/api/v1/runs/{A}/logs.txt", buffered=True).close()
    held = [http.get(f"/api/v1/runs/{A}/logs.txt", buffered=False) for _ in range(2)]

    refused = http.get(f"/api/v1/runs/{A}/logs.txt", buffered=True)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
    for answer in held:
        answer.close()
    assert http.get(f"/api/v1/runs/{A}/logs.txt", buffered=True).status_code == 200


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"regex": r"line \d*7 "}, 300),
        ({"regex": "(?i)TRACEBACK.*more$"}, 0),
        ({"regex": "(?is)TRACEBACK.*more$"}, 1),
        ({"regex": r"^line 1\d\d\d", "text": "07", "level": "error"}, 1),
        ({"regex": "(a+)+$"}, 0),
        ({"stream": "my.logger"}, 1),
        ({"task": "Leaf"}, 3),
    ],
)
def test_lines_are_found_by_expression_and_by_what_they_are(get, query, count):
    assert len(get(f"{A}/logs", limit=5000, **query)["items"]) == count


@pytest.mark.parametrize("expression", ["(", "(?=ahead)", r"(a)\1", "((((x{100}){100}){100}){100})", "x" * 501])
def test_an_expression_that_could_take_for_ever_or_is_none_is_refused(running, expression):
    answer = running.app.test_client().get(f"/api/v1/runs/{A}/logs", query_string={"regex": expression})

    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json["errors"]] == ["?regex"]


@pytest.mark.parametrize("path", ["", "/tasks", "/attempts", "/graph", "/targets", "/logs", f"/diff/{B}"])
def test_no_read_is_sent_twice(running, path):
    http = running.app.test_client()
    first = http.get(f"/api/v1/runs/{A}{path}")

    again = http.get(f"/api/v1/runs/{A}{path}", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
