"""Thousands of runs that wait: each says why, the service stays quick and small, and all can be cancelled."""

import statistics
import time
from pathlib import Path

import pytest

LIMIT = 2


def timed(act):
    began = time.perf_counter()
    value = act()
    return value, time.perf_counter() - began


def p95(seconds):
    return statistics.quantiles(seconds, n=20)[-1]


def memory_mb(stage):
    """Proportional share of the service's processes, in MB."""
    total = 0
    for role in ("master", "service"):
        for line in Path(f"/proc/{stage.one(role).pid}/smaps_rollup").read_text().splitlines():
            total += int(line.split()[1]) if line.startswith("Pss:") else 0
    return total / 1024


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(300, marks=[pytest.mark.long, pytest.mark.timeout(180)]),
        pytest.param(5000, marks=[pytest.mark.long, pytest.mark.timeout(1200)]),
    ],
)
def test_runs_that_wait_in_thousands_say_why_and_cost_little(stage, count):
    # Given two endless runs where no more may be live
    busy = stage(limits=f"runs = {LIMIT}", settings="requests_per_second = 0").up()
    live = [busy.post("Endless", f"endless{number}", pause_s=0.2) for number in range(LIMIT)]
    busy.wait_for_starts(LIMIT)
    before = memory_mb(busy)
    # When thousands are asked for
    waiting, posts = [], []
    for number in range(count):
        run_id, seconds = timed(lambda n=number: busy.post("Piece", f"waits{n}"))
        waiting.append(run_id)
        posts.append(seconds)
    # Then the last ones are accepted as fast as the first ones, and the list stays quick
    lists = [timed(lambda: busy.get("/runs"))[1] for _ in range(20)]
    print(f"POST p50 {statistics.median(posts):.4f} p95 {p95(posts):.4f}, GET /runs p95 {p95(lists):.4f} s")
    print(f"first and last tenth p50 {statistics.median(posts[: count // 10]):.4f}", end=" ")
    print(f"{statistics.median(posts[-count // 10 :]):.4f}, memory {before:.0f} -> {memory_mb(busy):.0f} MB")
    assert p95(posts) < 0.05
    assert statistics.median(lists) < 0.1
    assert memory_mb(busy) < before + 60
    # And each says in one line what it waits for, with the ids of those that hold it up
    seen, cursor = 0, None
    while seen < count:
        page = busy.get("/runs", state="queued", limit=500, **({"cursor": cursor} if cursor else {}))
        for run in page["items"]:
            assert "\n" not in run["reason"]
            assert all(run_id in run["reason"] for run_id in live), run["reason"]
        seen, cursor = seen + len(page["items"]), page["next_cursor"]
    # And all can be cancelled
    for run_id in [*waiting, *live]:
        answer = busy.request("POST", f"/api/v1/runs/{run_id}/cancel")
        assert answer.status_code == 202, answer.text
    for run_id in live:
        assert busy.wait(run_id)["state"] == "cancelled"
    assert busy.get("/runs", state=["queued", "starting", "running", "cancelling"])["items"] == []
