"""`make bench`: one JSON object per line, with what was measured and what is asked for."""

import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import (
    backfills,
    code,
    console,
    existence,
    files,
    latency,
    plans,
    reads,
    rows,
    schedules,
    sql,
    throughput,
    transfers,
    webhooks,
)
from benchmarks.stage import Stage

ROOT = Path(__file__).parents[1]


def report(what, **figures):
    """Print one line, numbers rounded."""
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}
    sys.stdout.write(json.dumps({"what": what, **rounded}) + "\n")
    sys.stdout.flush()


def spread(times):
    """Median and 95th percentile in milliseconds."""
    p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    return {"median_ms": statistics.median(times) * 1e3, "p95_ms": p95 * 1e3, "n": len(times)}


def measure_latency(stage, folder):
    """The latencies, the first line of code beside the cold command."""
    report("request with ten parameters -> judged", asked="median <= 4 ms", **spread(latency.judged(stage)))
    report("POST -> 202", asked="median <= 8 ms", **spread(latency.accepted(stage, folder)))
    report("signed delivery of a webhook -> 202", asked="median <= 10 ms", **spread(webhooks.delivered(stage, folder)))
    warm, cold = latency.first_lines(stage, folder)
    ratio = statistics.median(cold) / statistics.median(warm)
    asked = "median <= 30 ms, and at least 4 times faster than the command"
    report("POST -> first line of code", asked=asked, times_faster=ratio, **spread(warm))
    report("luigi command -> first line of code", asked="for comparison", **spread(cold))
    report("root complete -> API says succeeded", asked="<= 60 ms", **spread(latency.success(stage, folder)))
    first, later = latency.lines(stage, folder)
    report("first printed line of a task that goes on -> readable", asked="<= 150 ms", **spread(first))
    report("later printed line -> readable", asked="<= 150 ms", **spread(later))


def measure_plans(stage, folder):
    """How soon it is known what would run."""
    there = plans.complete_tasks(folder, 1000)
    report("plan of 1 000 complete tasks", asked="<= 500 ms", **spread(plans.planned(stage, there, 1000, "complete")))
    there = folder / "nowhere"
    many = plans.planned(stage, there, 10_000, "will_run", rounds=3)
    report("plan of 10 000 tasks to run", asked="seconds, below the deadline of 10 s", **spread(many))


def measure_existence(folder):
    """Whether targets exist, many at a time."""
    for there in (False, True):
        pairs = list(existence.of_files(folder, there))
        report(
            f"{existence.COUNT} files, {'all there' if there else 'all missing'}: in bulk",
            asked="at least 5 times faster than one stat at a time through Luigi",
            times_faster=statistics.median(one_by_one / bulk for bulk, one_by_one in pairs),
            luigi_ms=statistics.median(one_by_one for _, one_by_one in pairs) * 1e3,
            **spread([bulk for bulk, _ in pairs]),
        )
    asked = "at most 12 requests, at least 200 times faster than Luigi"
    report(f"{existence.COUNT} missing keys in S3: in bulk", asked=asked, **existence.of_keys(folder))


def measure_backfills(stage, folder):
    """What is missing, and how soon it is not."""
    there = folder / "daily"
    report("calendar of 1 000 days of a file", asked="median <= 1 s", **spread(backfills.calendars(stage, there)))
    for parallel in (1, 4):
        told = backfills.pace(stage, there, parallel)
        report(f"backfill of 100 days, {parallel} at a time", asked="for the record", **told)


def measure_throughput(stage, folder):
    """Many triggers, and many tasks."""
    report("200 triggers, 8 clients", asked=">= 20/s, 0 lost, 0 twice", **throughput.triggers(stage, folder))
    for workers in (1, 2):
        ours, plain = throughput.small_tasks(stage, folder, workers)
        ratios = [mine / theirs for mine, theirs in zip(ours, plain, strict=True)]
        report(
            f"1 000 small tasks, workers={workers}",
            asked="at most 1.15 times plain luigi",
            ratio=statistics.median(ratios),
            ours_s=statistics.median(ours),
            plain_s=statistics.median(plain),
            n=len(ratios),
        )


def measure_reads(folder):
    """Many runs on record, and a long log."""
    run_id = reads.fill(folder)
    with Stage(folder, "workload") as stage:
        for what, query in reads.LISTS.items():
            times, cpu_s, items = reads.asked(stage, "/runs", query)
            figures = {"items": items, "cpu_ms": cpu_s * 1e3, **spread(times)}
            report(f"GET /runs, {reads.RUNS} runs: {what}", asked="median <= 15 ms", **figures)
        report(f"luigi-trigger runs, {reads.RUNS} runs", asked="median <= 250 ms", **spread(reads.command(stage)))
        times, cpu_s, size = reads.scraped(stage)
        figures = {"bytes": size, "cpu_ms": cpu_s * 1e3, **spread(times)}
        report(f"GET /metrics, {reads.RUNS} runs", asked="<= 20 ms", **figures)
        for what, query in reads.SEARCHES.items():
            times, cpu_s, items = reads.asked(stage, f"/runs/{run_id}/logs", query)
            figures = {"items": items, "cpu_ms": cpu_s * 1e3, **spread(times)}
            report(f"page of a log of {reads.LINES} lines: {what}", asked="median <= 200 ms", **figures)
        told = reads.streams(stage, folder)
        report(f"{reads.STREAMS} open streams, nothing changes", asked="percent_of_a_core < 2", **told)


def measure_console(folder):
    """The pages, with much on record."""
    tasks_run, log_run = console.fill(folder)
    with Stage(folder, "many", folder, "requests_per_second = 0\n") as stage:  # the many browsers have one address here
        for what, (path, most_ms) in console.pages(tasks_run, log_run).items():
            times, size = console.asked(stage, path)
            report(f"page: {what}", asked=f"median <= {most_ms} ms, <= 120 kB", kb=size / 1e3, **spread(times))
        results = folder / "results"
        results.mkdir()
        what = f"run accepted -> on the screen, one of {console.TABS} tabs"
        report(what, asked="<= 400 ms", **spread(console.to_screen(stage, results)))
        asked = "nothing noticeable"
        report(f"{console.BROWSERS} browsers have /runs open", asked=asked, **console.many_browsers(stage, results))


def measure_code(folder):
    """A large project, and edited code."""
    results = folder / "edits"
    results.mkdir()
    code.write_project(folder / "large")
    with Stage(folder / "large", "big") as stage:
        asked = "cold <= 3 s"
        report(f"catalogue, {code.MODULES} modules", asked=asked, **code.catalogue(stage))
    with Stage(folder / "large", "edited") as stage:
        times, import_s = code.edits(stage, results)
        beyond = statistics.median(times) - import_s
        asked = "<= 1 s beyond the import"
        report("edit -> first line of the new code", asked=asked, import_s=import_s, beyond_s=beyond, **spread(times))


def measure_files(folder):
    """Many files at once, one by one and together."""
    for batch_s in (0.0, 5.0):
        project = folder / f"files{batch_s:g}"
        with Stage(project, "workload", sections=files.INBOX) as stage:
            told = files.arrived(stage, project, batch_s)
        how = f"together in {files.GROUPS} groups" if batch_s else "one by one"
        report(f"{files.FILES} files at once, {how}", asked="taken_s <= 30, each once", **told)


def measure_schedules(folder):
    """Ten thousand schedules: a start with them, and those that are due."""
    results = folder / "results"
    results.mkdir()
    first = schedules.fill(folder, results)
    with Stage(folder, "workload") as stage:
        report(f"up -> ready, {schedules.SCHEDULES} schedules", asked="seconds <= 3", seconds=stage.started_in_s)
        stage.get("/pipelines")
        single, together = schedules.lateness(stage, first)
    of = f"of {schedules.SCHEDULES} schedules"
    report(f"fire time -> run accepted, one {of} due", asked="median <= 50 ms", **spread(single))
    what = f"fire time -> run accepted, {schedules.TOGETHER} {of} due in one second"
    report(what, asked="for the record", **spread(together))


def measure_sql(_folder):
    """A year's flights into a table, beside Luigi's own way."""
    for way, seconds in sql.made():
        report(f"{sql.ROWS} rows made, in no database: {way}", asked="part of what follows", cpu_s=seconds)
    for way, database, figures in sql.measured():
        report(f"{sql.ROWS} rows into {database}: {way}", asked="for the record", **figures)


def measure_transfers(folder):
    """A gigabyte to S3 and back."""
    for direction, way, figures in transfers.measured(folder):
        asked = "times_boto3 <= 1, mib_above_start <= 64" if way == "ours" else "for comparison"
        report(f"{direction} 1 GiB, S3: {way}", asked=asked, **figures)


def measure_rows(folder):
    """A year's flights from CSV through a model to Parquet."""
    times = rows.paired(rows.year(folder / "year"))
    medians = {f"{name}_s": statistics.median(taken) for name, taken in times.items()}
    ratio = statistics.median(ours / theirs for ours, theirs in zip(times["ours"], times["pyarrow"], strict=True))
    what = f"{rows.ROWS} rows, CSV -> typed -> Parquet"
    report(what, asked="at most twice pyarrow alone", ratio=ratio, **medians, n=rows.ROUNDS)


def measure_start(folder):
    """How long `up` takes, and the memory of everything when nothing runs."""
    times = []
    for number in range(5):
        with Stage(folder / f"start{number}", "tasks.examples", ROOT) as stage:
            times.append(stage.started_in_s)
            if number == 4:
                stage.get("/pipelines")
                time.sleep(3)
                memory = stage.memory()
    report("up -> ready", asked="<= 2500 ms", **spread(times))
    parts = {name: round(value, 1) for name, value in sorted(memory.items(), key=lambda item: -item[1])}
    report("idle memory (PSS)", asked="<= 200 MiB", total_mib=sum(memory.values()), parts=parts)


def measure_product(folder):
    """What one running service does: latencies, plans, backfills, throughput."""
    results = folder / "results"
    results.mkdir()
    with Stage(folder / "project", "workload") as stage:
        measure_latency(stage, results)
        measure_plans(stage, results)
        measure_backfills(stage, results)
        measure_throughput(stage, results)


#: By name, in their order; each is given a folder that is its own.
PARTS = {
    "start": measure_start,
    "sql": measure_sql,
    "code": measure_code,
    "reads": measure_reads,
    "console": measure_console,
    "files": measure_files,
    "existence": measure_existence,
    "transfers": measure_transfers,
    "rows": measure_rows,
    "schedules": measure_schedules,
    "product": measure_product,
}


def main(names):
    """Measure these parts, or all, in a folder that is removed again."""
    if unknown := [name for name in names if name not in PARTS]:
        sys.exit(f"{', '.join(unknown)}: no part of the benchmarks; they are {', '.join(PARTS)}")
    folder = Path(tempfile.mkdtemp(prefix="luigi-trigger-bench-"))
    try:
        report("machine", cores=os.cpu_count(), python=platform.python_version(), system=platform.platform())
        for name in names or PARTS:
            (folder / name).mkdir()
            PARTS[name](folder / name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
