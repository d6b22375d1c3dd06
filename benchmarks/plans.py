"""How soon it is known what would run."""

import time

ROUNDS = 10


def planned(stage, there, count, state, rounds=ROUNDS):
    """Seconds for the plan of a task that requires `count` tasks, all of them in `state`, whole over HTTP."""
    times = []
    body = {"pipeline": "Summed", "parameters": {"root": str(there), "count": count}}
    for _ in range(rounds):
        began = time.perf_counter()
        status, plan = stage.client.ask("POST", "/api/v1/plans?limit=20000", body)
        times.append(time.perf_counter() - began)
        expected = {**dict.fromkeys(plan["counts"], 0), state: count}
        expected["will_run"] += 1
        if status != 200 or plan["counts"] != expected or len(plan["tasks"]) != count + 1:
            raise RuntimeError(f"{status}: {plan.get('counts', plan)} {plan.get('cut')}")
    return times


def complete_tasks(folder, count):
    """A folder with the outputs of `count` small tasks."""
    there = folder / "planned"
    there.mkdir()
    for number in range(count):
        (there / str(number)).write_text("x")
    return there
