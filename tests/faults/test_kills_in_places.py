"""A run in a further place lives through the death of everything else, and the removal of its place."""

import pytest
from evidence import judge
from polling import until
from process_roles import kill

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

STAGING = '[environment:staging]\nvariables = {"WHO": "somebody"}\n'


def kill_all_but_runs(busy):
    """Kill the supervisor, and everything else that is no child, no task process and no pump.

    By one look: a task process that begins meanwhile is not taken for something else.
    """
    roles = busy.roles()
    assert len(roles["base zygote"]) > 1
    doomed = [
        process for role, them in roles.items() if role not in ("child", "task process", "pump") for process in them
    ]
    for process in sorted(doomed, key=lambda process: process not in roles["supervisor"]):
        kill(process)
    until(lambda: not set(doomed) & set(busy.processes()), "the death of all of them")


def of_settings(busy, sections):
    """Put these sections below the others of luigi.cfg, instead of those that were there."""
    file = busy.folder / "luigi.cfg"
    head = file.read_text().partition("[environment:staging]")[0]
    file.write_text(head + sections)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_in_a_further_place_is_taken_up_again_after_all_but_its_child_was_killed(stage, workers):
    # Given a run at work in an environment
    busy = stage(sections=STAGING).up()
    run_id = busy.post("Join", "one", shared="shared", gate="go", workers=workers, environment="staging")
    busy.wait_for_starts(1)
    # When everything is killed but its processes, and `up` is started again
    kill_all_but_runs(busy)
    (child,) = busy.roles()["child"]
    busy.up()
    # Then it is the same child that goes on, and the run comes to its true end
    until(lambda: busy.run(run_id)["state"] == "running", "the run is known to run")
    assert child in busy.processes()
    busy.open_gate("go")
    run = busy.wait(run_id)
    assert (run["state"], run["attempts"], run["environment"]) == ("succeeded", 1, "staging")
    judge(busy, [run_id])


def test_runs_of_a_place_that_was_taken_away_end_or_wait_for_it_and_can_be_cancelled(stage):
    # Given two live runs and two queued ones in an environment
    busy = stage(sections=STAGING, limits="runs = 2").up()
    live, endless = (busy.post("Piece", gate, gate=gate, environment="staging") for gate in ("go", "never"))
    busy.wait_for_starts(2)
    queued, unwanted = (busy.post("Piece", name, environment="staging") for name in ("queued", "unwanted"))
    # When `up` is killed, and started again without that environment
    kill_all_but_runs(busy)
    of_settings(busy, "")
    busy.up()
    # Then the live ones go on, to their true end or until they are cancelled
    until(lambda: {busy.run(run_id)["state"] for run_id in (live, endless)} == {"running"}, "both are known to run")
    busy.open_gate("go")
    assert busy.wait(live)["state"] == "succeeded"
    answer = busy.request("POST", f"/api/v1/runs/{endless}/cancel")
    assert answer.status_code == 202, busy.run(endless)
    assert busy.wait(endless)["state"] == "cancelled"
    # And the queued ones say what is missing, hold nobody up, and can be cancelled
    reason = busy.run(queued)["reason"]
    assert "default/staging is configured no more; put [environment:staging] back into luigi.cfg" in reason
    other = busy.post("Piece", "other")
    assert busy.wait(other)["state"] == "succeeded"
    assert busy.request("POST", f"/api/v1/runs/{unwanted}/cancel").status_code == 202
    assert busy.wait(unwanted)["state"] == "cancelled"
    # And once it is back, what was queued goes on
    busy.down()
    of_settings(busy, STAGING)
    busy.up()
    assert busy.wait(queued)["state"] == "succeeded"
    judge(busy, [live, endless, queued, unwanted, other])
