"""The same task in two environments at once: each with its configuration, its root, and its luigid."""

from polling import until

PLACES = {"default": "data", "staging": "elsewhere"}


def test_the_same_task_runs_in_two_environments_at_once_each_to_its_root_on_its_luigid(settlement):
    # Given
    asked = {name: settlement.trigger("Gated", "twin", environment=name, location="default") for name in PLACES}
    # When both are at work
    for root in PLACES.values():
        until(lambda root=root: settlement.ledger(f"{root}/twin"), f"the task runs below {root}")
    # Then each luigid knows its own run of the one task
    assert len({settlement.get(f"/runs/{run_id}")["task_id"] for run_id in asked.values()}) == 1
    for name, run_id in asked.items():
        running = settlement.luigid("" if name == "default" else f"default/{name}/", "task_list", data=RUNNING)
        assert [task["worker_running"].split(":")[1] for task in running.values()] == [run_id]
    # And each writes to its root, once
    for root in PLACES.values():
        settlement.open_gate(f"{root}/twin")
    assert [settlement.ended(run_id)["state"] for run_id in asked.values()] == ["succeeded", "succeeded"]
    assert [len(settlement.ledger(f"{root}/twin")) for root in PLACES.values()] == [1, 1]
    assert (settlement.folder / "data/twin").read_text() == "white"
    assert (settlement.folder / "elsewhere/twin").read_text() == "blue"


RUNNING = '{"status": "RUNNING", "upstream_status": ""}'


def test_configuration_files_are_merged_and_read_before_the_module_is_imported(settlement):
    shown = {name: settlement.get(f"/pipelines/Painted?location=default&environment={name}") for name in PLACES}
    defaults = {name: [p["schema"]["default"] for p in shown[name]["parameters"]] for name in PLACES}
    assert defaults == {"default": ["white", "matt"], "staging": ["blue", "shiny"]}


def test_luigi_commands_that_a_task_starts_read_all_files_as_they_are_now(settlement):
    # Given two files of which each says something, and the upper one goes before
    def delegated(name):
        run = settlement.ended(settlement.trigger("Delegating", name, environment="staging", location="reports"))
        assert run["state"] == "succeeded", run["error"]
        return (settlement.folder / f"reports/data/delegated-{name}").read_text()

    assert delegated("before") == "blue shiny"
    # When one of them changes
    file = settlement.folder / "red.cfg"
    before = file.read_text()
    file.write_text("[paint]\nsheen = satin,\n  100%% silk\n")
    try:
        # Then the next command reads that
        assert delegated("after") == "blue satin,\n100% silk"
    finally:
        file.write_text(before)
    # And what may hold secrets is read by nobody else
    merged = settlement.home / "places/reports/staging/overlays.cfg"
    assert merged.stat().st_mode & 0o777 == 0o600


def test_each_environment_fills_in_its_own_defaults(settlement):
    for name, colour in (("default", "white"), ("staging", "blue")):
        run = settlement.ended(settlement.trigger_with("Painted", {}, environment=name, location="default"))
        assert run["environment"] == name
        assert run["parameters"]["colour"] == colour
        assert run["error"]["message"] == f"ValueError: {colour}"


def test_resources_of_the_project_limit_in_its_luigid_and_those_of_an_overlay_in_the_other(settlement):
    # Given two tasks in each environment that need a licence, of which there is one, and two in staging
    asked = {}
    for name, root in PLACES.items():
        for task in ("first", "second"):
            asked[root, task] = settlement.trigger("Licensed", task, environment=name, location="default")
    # When
    until(lambda: all(settlement.ledger(f"elsewhere/{task}") for task in ("first", "second")), "both run in staging")
    until(lambda: settlement.ledger("data/first") or settlement.ledger("data/second"), "one runs in the default one")
    waiting = "second" if settlement.ledger("data/first") else "first"
    tasks = f"/runs/{asked['data', waiting]}/tasks"
    until(lambda: any(task["waiting_for"] for task in settlement.get(tasks)["items"]), "the other one waits")
    # Then
    assert not settlement.ledger(f"data/{waiting}")
    for root, task in asked:
        settlement.open_gate(f"{root}/{task}")
    assert {settlement.ended(run_id)["state"] for run_id in asked.values()} == {"succeeded"}


def test_the_visualizer_of_each_place_is_found(settlement):
    places = ("", "default/staging/", "reports/default/", "reports/staging/")
    found = [settlement.http.get(f"{settlement.url}/luigid/{place}", allow_redirects=False) for place in places]
    assert {answer.status_code for answer in found} == {302}
    assert len({answer.headers["Location"] for answer in found}) == 4
    assert settlement.http.get(f"{settlement.url}/luigid/moon/default/").status_code == 404


def test_a_place_that_is_none_is_told_with_those_that_are(settlement):
    answer = settlement.ask({"pipeline": "Painted", "location": "moon", "environment": "production"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/location", "detail": "'moon' is none of default, reports"},
        {"pointer": "/environment", "detail": "'production' is none of default, staging"},
    ]
