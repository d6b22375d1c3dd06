"""What Prometheus and Grafana are given: rules that hold, on metrics that there are."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from trigger_service.domain.place import Place
from trigger_service.domain.retention import Keep
from trigger_service.service.counters import Counters
from trigger_service.service.housekeeper import Housekeeper
from trigger_service.service.metrics import Metrics
from trigger_service.store.schema import open_database

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus"
BOARD = json.loads((DEPLOY / "grafana/luigi-trigger.json").read_text())
#: What a histogram is read by.
_PARTS = re.compile(r"_(bucket|sum|count)$")
#: From elsewhere than the service: Prometheus itself knows this one.
_OF_PROMETHEUS = {"up"}
_VARIABLES = {"$__rate_interval": "5m", "$instance": ".*", "$pipeline": ".*"}


@pytest.fixture
def promtool():
    """Runs promtool in the folder of the rules."""
    if shutil.which("promtool") is None and not os.environ.get("CI"):
        pytest.skip("promtool is not installed (scripts/system)")
    return lambda *words: subprocess.run(
        ["promtool", *map(str, words)], cwd=RULES, capture_output=True, text=True, timeout=50
    )


@pytest.fixture
def offered(tmp_path):
    """The names of all metrics of a service that has looked for old runs once."""
    database = open_database(tmp_path / "database.sqlite3")
    housekeeper = Housekeeper(tmp_path, database, Keep())
    well = {Place(): {"luigid": ""}}
    metrics = Metrics(database=database, housekeeper=housekeeper, health=lambda: well, counters=Counters())
    housekeeper.look()
    metrics.refresh()
    text = metrics.render(0).decode()
    database.close()
    # the time of the last look comes from the collector, which is not there
    return {*re.findall(r"^# TYPE (\S+)", text, re.MULTILINE), "luigi_trigger_collector_last_look_timestamp_seconds"}


def expressions():
    for panel in BOARD["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def used(expression):
    """The names of metrics in an expression."""
    words = re.findall(r"[a-z_]+(?=\{| |$|\)|\[)", re.sub(r"\"[^\"]*\"|by \([^)]*\)|without \([^)]*\)", "", expression))
    return {_PARTS.sub("", word) for word in words if word.startswith(("luigi_trigger_", "process_"))}


def test_the_alerts_fire_when_they_should(promtool):
    # When
    checked, tested = promtool("check", "rules", "alerts.yml"), promtool("test", "rules", "alerts.test.yml")
    # Then
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_each_alert_is_tested_and_says_what_to_do():
    # Given
    rules, tests = (RULES / "alerts.yml").read_text(), (RULES / "alerts.test.yml").read_text()
    alerts = re.findall(r"- alert: (\w+)", rules)
    # Then
    assert len(alerts) >= 5
    assert set(alerts) == set(re.findall(r"alertname: (\w+)", tests))
    assert rules.count("description:") == rules.count("summary:") == rules.count("severity:") == len(alerts)


def test_alerts_and_dashboard_use_metrics_that_there_are(offered):
    # Given
    rules = re.findall(r"expr: (?:\|\n)?((?:.|\n)*?)\n        (?:for|labels)", (RULES / "alerts.yml").read_text())
    named = set().union(*map(used, [*rules, *expressions()]))
    # Then
    assert len(named) > 10
    assert named - _OF_PROMETHEUS <= offered


def test_each_expression_of_the_dashboard_can_be_read(promtool, tmp_path):
    # Given a rule for each
    rules = []
    for number, expression in enumerate(expressions()):
        filled = re.sub(r"\$\w+", lambda found: _VARIABLES[found[0]], expression)
        rules.append({"record": f"panel:{number}", "expr": filled})
    (tmp_path / "panels.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    # When
    done = promtool("check", "rules", tmp_path / "panels.yml")
    # Then
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_panels_stand_beside_each_other():
    # Given the squares of the grid that each takes
    taken = []
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        taken += [(at["x"] + right, at["y"] + down) for right in range(at["w"]) for down in range(at["h"])]
    # Then
    assert len(taken) == len(set(taken))
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    assert all(panel["title"] and panel["description"] for panel in BOARD["panels"])
