"""The table of what Luigi does and what Luigi Trigger reports is the one of the cases that are tested."""

import runpy
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def test_the_table_of_luigis_behaviour_has_every_case_as_it_is_tested(monkeypatch):
    monkeypatch.syspath_prepend(str(CHECKOUT / "tests/behaviour"))
    render = runpy.run_path(str(CHECKOUT / "tests/behaviour/case_table.py"))["render"]

    assert (CHECKOUT / "docs/luigi-behaviour.md").read_text() == render(), "run tests/behaviour/case_table.py"
