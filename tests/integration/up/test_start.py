"""What `luigi-trigger up` starts, what it says, and what it refuses to start on."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from polling import until
from product import COMMAND


def refusal(product):
    """What it says before it gives up, with its exit status."""
    product.launch()
    status = product.wait()
    return status, product.said()


def test_it_says_where_it_is_once_everything_is_ready(service):
    # Given a service that is up
    told = service.told()
    # Then
    assert told["pid"] == service.process.pid
    assert f"Luigi Trigger is ready: {told['url']}" in service.said()
    ready = requests.get(f"{told['url']}/readyz", timeout=30).json()
    assert ready["ready"] is True
    assert set(ready["checks"]) == {"database", "luigid", "zygote"}


def test_a_run_goes_all_the_way(service):
    run_id = service.trigger("Quick", "way")
    service.reaches(run_id, "succeeded")
    assert (service.folder / "out/way").read_text() == "way"
    lines = until(lambda: service.get(f"/runs/{run_id}/logs")["items"], "the log")
    assert "hello from way" in [line["text"] for line in lines]


def test_luigid_is_found_at_the_address_that_was_printed(service):
    answer = requests.get(f"{service.url}/luigid/", timeout=30, allow_redirects=False)
    address = json.loads((service.home / "luigid.json").read_text())["url"]
    assert answer.headers["Location"].startswith(address)
    assert f"visualizer:  {address}" in service.said()


def test_a_second_up_on_the_same_home_says_who_holds_it(service):
    variables = {"PATH": os.environ["PATH"], "LUIGI_CONFIG_PATH": str(service.folder / "luigi.cfg")}
    second = subprocess.run(
        [COMMAND, "up"], cwd=service.folder, env=variables, capture_output=True, text=True, timeout=20
    )
    assert second.returncode == 1
    assert f"is held by another `luigi-trigger up` (pid {service.process.pid})" in second.stderr


@pytest.mark.parametrize("key", ["port", "luigid_port"])
def test_a_busy_port_is_an_error_that_names_its_holder(product, key):
    # Given
    with socket.create_server(("127.0.0.1", 0)) as holder:
        other = {"port": "luigid_port", "luigid_port": "port"}[key]
        product.configure("", ports=f"{key} = {holder.getsockname()[1]}\n{other} = 0\n")
        # When
        status, said = refusal(product)
    # Then
    assert status == 1
    assert f"({key}) is held by pid " in said
    assert f"set [trigger_service] {key} to another port, or to 0" in said
    assert not product.told()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::"])
def test_an_address_that_others_can_reach_is_refused_as_long_as_there_is_no_token(product, host):
    product.configure(f"host = {host}\nallowed_hosts = trigger.example.org")
    status, said = refusal(product)
    assert status == 1
    assert f"host = {host} can be reached from other machines, so requests need a token" in said
    assert "luigi-trigger tokens create NAME --scope run" in said
    assert not product.home.exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_address_that_is_all_of_them_is_refused_without_names(product, host):
    product.configure(f"host = {host}")
    status, said = refusal(product)
    assert status == 2
    assert f"host = {host} listens on every address" in said
    assert "set allowed_hosts, like" in said


def test_mistakes_in_luigi_cfg_are_told_before_anything_starts(product):
    product.configure("hots = here\ngrace_s = soon")
    status, said = refusal(product)
    assert status == 2
    assert "hots is not known: did you mean host?" in said
    assert "grace_s = 'soon' cannot be used" in said
    assert not product.home.exists()


def test_a_luigi_cfg_that_is_no_configuration_file_is_told_with_its_line(product):
    (product.folder / "luigi.cfg").write_text("[trigger_service]\nport = 0\nport = 1\n")
    status, said = refusal(product)
    assert status == 2
    assert "luigi.cfg" in said
    assert "line  3" in said
    assert "Traceback" not in said


def test_a_home_that_cannot_be_made_is_told(product):
    (product.folder / "file").write_text("")
    product.configure("home = file/home")
    status, said = refusal(product)
    assert status == 1
    assert "the home folder" in said
    assert "Not a directory" in said


def test_a_service_that_cannot_start_ends_everything_with_its_last_words(product):
    # Given a database that is none
    product.home.mkdir()
    (product.home / "database.sqlite3").write_bytes(b"no database at all" * 1000)
    # When
    status, said = refusal(product)
    # Then
    assert status == 1
    assert "the service ends as soon as it starts" in said
    assert "file is not a database" in said


def test_a_password_that_is_not_in_the_environment_is_told_with_the_variable_that_it_should_be_in(product):
    mail = "host = 127.0.0.1\nsender = a@example.org\nuser = ada\npassword_variable = NO_SUCH_PASSWORD"
    product.configure(f"\n[mail]\n{mail}")
    status, said = refusal(product)
    assert status != 0
    assert "[mail] password_variable = NO_SUCH_PASSWORD is not in the environment; set it" in said


def test_a_file_of_the_project_does_not_take_the_place_of_a_library(product):
    for name in ("flask", "json", "psutil", "tornado", "select"):
        (product.folder / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    product.configure("")
    (product.folder / "steps.py").write_text("")
    product.start()
    assert requests.get(f"{product.url}/healthz", timeout=30).status_code == 200


def test_the_supervisor_and_gunicorns_master_import_neither_luigi_nor_the_web():
    check = (
        "import sys, trigger_service.supervisor, trigger_service.serving; "
        "print([m for m in ('luigi', 'flask', 'sqlalchemy', 'pydantic', 'requests', 'tornado') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_state_is_readable_for_its_owner_only(service):
    assert Path(service.home).stat().st_mode & 0o077 == 0
