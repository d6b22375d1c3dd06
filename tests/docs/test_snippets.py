"""The shell blocks of the pages do what they say: each is run, in its order, in a project that has what they name."""

import contextlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from luigi.configuration import LuigiConfigParser
from polling import until
from product import Up
from receivers import Receiver

from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing
from trigger_service.service.schedule_file import read_schedule
from trigger_service.settings import read_settings

ROOT = Path(__file__).parents[2]
#: Pages whose blocks are run here.
PAGES = [
    "README.md",
    "docs/how-to/own-project.md",
    "docs/how-to/plan.md",
    "docs/how-to/from-a-program.md",
    "docs/how-to/places.md",
    "docs/how-to/command-line.md",
    "docs/how-to/operate.md",
    "docs/how-to/pools.md",
    "docs/how-to/schedules.md",
    "docs/how-to/webhooks.md",
    "docs/how-to/files.md",
    "docs/how-to/upstreams.md",
    "docs/how-to/presets.md",
    "docs/how-to/notifications.md",
    "docs/how-to/backfills.md",
    "docs/how-to/targets.md",
    "docs/parameters.md",
    "docs/private-values.md",
]
#: Run by tests of their own: the pages of the atlas, of operations, of tokens, that of `init`; `make` calls the tests.
OF_OTHER_TESTS = {
    "docs/how-to/invalidate.md",
    "docs/how-to/cell-atlas.md",
    "docs/how-to/tokens.md",
    "trigger_service/cli/starter/README.md",
    "CONTRIBUTING.md",
}
#: Begins of commands that are not run here: `up` has begun, and the rest is tested as such elsewhere.
ELSEWHERE = ("make ", "pip install ", "luigi-trigger up ", "python -m luigi ")
REPORT = """
import luigi

class FlightsReport(luigi.Task):
    month = luigi.MonthParameter()
    def output(self):
        return luigi.LocalTarget(f"data/{self.task_id}")
    def run(self):
        print("row 1")
        self.output().open("w").close()
"""
LOAD = """
import luigi

class Load(luigi.Task):
    day = luigi.DateParameter()
    password = luigi.Parameter(visibility=luigi.parameter.ParameterVisibility.PRIVATE, significant=False)
    def output(self):
        return luigi.LocalTarget(f"data/{self.task_id}")
    def run(self):
        self.output().open("w").close()
"""
SLOW = """
import time
import luigi

class Slow(luigi.Task):
    def run(self):
        while True:
            time.sleep(0.05)
"""


def inis(page, pattern=r"^ *```ini\n(.*?)^ *```"):
    """The blocks of configuration in a page, flush left."""
    found = re.findall(pattern, (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
    return [re.sub(r"^ +", "", block, flags=re.MULTILINE) for block in found]


@contextlib.contextmanager
def running(folder, settings, files):
    """A project with these files, and the settings of the page about one's own project and these; its service is up."""
    (settings_of_page,) = inis("docs/how-to/own-project.md")
    config = f"{settings_of_page}\nport = 0\nluigid_port = 0\n\n{settings}"
    for file, text in {"tasks/__init__.py": "", "luigi.cfg": config, **files}.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    up = Up(folder).launch()
    try:
        until(lambda: up.told().get("pid") == up.process.pid, "service.json", 60)
        yield up
    finally:
        up.end()


@pytest.fixture(scope="module")
def one_place(tmp_path_factory):
    """The project that most pages speak of."""
    (hello,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    feeds = {name.lower(): REPORT.replace("FlightsReport", name) for name in ("LoadFlights", "LoadCarriers")}
    tasks = {"hello": hello, "flights": REPORT, "load": LOAD, "slow": SLOW, **feeds}
    files = {"password.txt": "a word", **{f"tasks/{name}.py": code for name, code in tasks.items()}}
    settings = "[pool:warehouse]\n\n[notifications]\nallow_private = true\n\n[inbox:incoming]\nurl = incoming\n"
    with Receiver() as slack, running(tmp_path_factory.mktemp("snippets"), settings, files) as up:
        up.slack = f"{slack.url}/services"
        yield up


@pytest.fixture
def several_places(tmp_path):
    """The project of the page about places."""
    location, environment, _ = inis("docs/how-to/places.md")
    location = re.sub(r"python = .*", f"python = {sys.executable}", location).replace("/srv", f"{tmp_path}/srv")
    files = {
        "tasks/hello.py": "import luigi\n\nclass Hello(luigi.Task):\n    name = luigi.Parameter()\n",
        "srv/reports/reports/__init__.py": "",
        "srv/reports/reports/monthly.py": REPORT.replace("FlightsReport", "Monthly"),
        "srv/reports/reports/yearly.py": REPORT.replace("FlightsReport", "Yearly"),
        "staging.cfg": "",
    }
    with running(tmp_path, f"{location}\n{environment}", files) as up:
        yield up


def begun_backfill(project, cancelled):
    """The id of a backfill of years that are not complete, which is paused or cancelled."""
    begun = len(project.get("/backfills?limit=500")["items"])
    months = {"start": f"{1000 + begun}-01", "stop": f"{1000 + begun}-12"}
    body = {"pipeline": "FlightsReport", "parameter": "month", "range": months}
    made = project.http.post(f"{project.url}/api/v1/backfills", json=body, timeout=30).json()["id"]
    here = f"{project.url}/api/v1/backfills/{made}"
    done = project.http.post(f"{here}/cancel", timeout=30) if cancelled else None
    (done or project.http.patch(here, json={"paused": True}, timeout=30)).raise_for_status()
    return made


def runnable(block, project):
    """The commands of a block that are run, with the address and the ids of this service."""
    done = project.trigger_with("Hello", {"name": "them"})
    project.reaches(done, "succeeded")
    block = block.replace("127.0.0.1:8090", project.url.removeprefix("http://"))
    for command in re.split(r"(?<!\\)\n", block):
        bare = command.strip()
        if not bare or f"{bare} ".startswith(ELSEWHERE):
            continue
        run_id = done
        if "backfill " in bare and "ID" in bare:
            run_id = begun_backfill(project, "retry" in bare)
        elif "cancel ID" in bare:
            run_id = project.trigger_with("Slow", {})
            project.reaches(run_id, "running")
        yield re.sub(r"\bID\b|\b019be1\w+", run_id, bare)


@pytest.mark.timeout(150)  # the commands of a page are many processes; a hanging one is ended sooner
@pytest.mark.parametrize("page", PAGES)
def test_each_shell_command_of_a_page_succeeds(blocks, request, page):
    project = request.getfixturevalue("several_places" if page.endswith("places.md") else "one_place")
    names = {name: value for name, value in os.environ.items() if not name.startswith(("LUIGI_", "DISPLAY", "BROWSER"))}
    names["SLACK_WEBHOOK"] = getattr(project, "slack", "")
    environment = {**names, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    commands = [command for block in blocks(page, "sh") for command in runnable(block, project)]
    assert commands
    for command in commands:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=project.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=50,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert '"status":4' not in done.stdout, done.stdout


def test_the_shell_blocks_of_each_page_are_run_by_some_test():
    # Given
    named = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    # Then
    with_blocks = {page for page in named.split() if re.search(r"^ *```sh$", (ROOT / page).read_text(), re.MULTILINE)}
    assert with_blocks == {*PAGES, *OF_OTHER_TESTS}


@pytest.mark.parametrize("page", [*PAGES, *OF_OTHER_TESTS])
def test_each_configuration_of_a_page_is_understood(page, tmp_path):
    for block in inis(page):
        parser = LuigiConfigParser()
        parser.read_string(block)
        read_settings(parser, tmp_path)


def test_the_file_of_schedules_on_its_page_is_understood():
    (block,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/how-to/schedules.md").read_text(), re.DOTALL)
    found = {name: read_schedule(name, table) for name, table in tomllib.loads(block).items()}
    assert found["nightly"][0] == Timing("cron", "30 3 * * *", "Europe/Berlin", overlap="skip")
    assert found["hourly"][1] == RunRequest(
        "LoadFlights", preset="small", pools=("warehouse",), labels={"team": "data"}
    )
