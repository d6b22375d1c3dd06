"""How soon it is known which days are missing, and how soon the next one runs."""

import time

ROUNDS = 10
DAYS = {"start": "2013-01-01", "last": None, "stop": "2015-09-27"}
COUNT = 1000


def calendars(stage, there):
    """Seconds for the calendar of a thousand days of a file, whole over HTTP."""
    times = []
    body = {"pipeline": "Daily", "parameter": "day", "parameters": {"root": str(there)}, "range": DAYS}
    for _ in range(ROUNDS):
        began = time.perf_counter()
        status, calendar = stage.client.ask("POST", "/api/v1/calendars", body)
        times.append(time.perf_counter() - began)
        if status != 200 or calendar["counts"] != {"complete": 0, "missing": COUNT, "unknown": 0}:
            raise RuntimeError(f"{status}: {calendar.get('counts', calendar)} {calendar.get('cut')}")
    return times


def pace(stage, there, parallel):
    """Seconds from the acceptance of a backfill of a hundred days to its end, so many at a time, and per day."""
    days = {"last": 100, "stop": f"20{10 + parallel}-12-31"}
    body = {"pipeline": "Daily", "parameter": "day", "parameters": {"root": str(there)}, "range": days}
    began = time.perf_counter()
    status, made = stage.client.ask("POST", "/api/v1/backfills", {**body, "parallel": parallel})
    if status != 201:
        raise RuntimeError(f"{status}: {made}")
    while made["state"] != "finished":
        time.sleep(0.02)
        made = stage.get(f"/backfills/{made['id']}")
    took = time.perf_counter() - began
    if made["counts"]["succeeded"] != 100:
        raise RuntimeError(str(made["counts"]))
    return {"took_s": took, "each_ms": took * 10}
