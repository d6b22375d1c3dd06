"""The plan child: asks tasks what they would do, and writes what they say into the plan's folder. It runs nothing, and
changes nothing but where it is ordered to move targets.

It takes no lock, tells luigid nothing, and ends by itself at the deadline: whoever wants it earlier to end kills it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Mapping

import luigi

from trigger_service.domain.plan import Finding
from trigger_service.domain.spec import RunFolder
from trigger_service.runner.asking import Asking
from trigger_service.runner.importing import captured
from trigger_service.runner.introspection import remember_parameters
from trigger_service.runner.moving import Moving
from trigger_service.runner.survey import Surveying
from trigger_service.runner.verifying import Verifying


def run_plan(folder: Path, secrets: Mapping[str, str]) -> int:
    """Write a record for each task, as soon as it has answered, and at last `end`."""
    run_folder = RunFolder(folder)
    spec = run_folder.read_spec()
    question, order, claims = run_folder.read_question(), run_folder.read_order(), run_folder.read_claims()
    remember_parameters()
    with run_folder.plan_file.open("ab", buffering=0) as file:

        def write(record: Dict[str, Any]) -> None:
            file.write(json.dumps(record).encode() + b"\n")

        child: Asking
        if order is not None:
            child = Moving(spec, secrets, write, order, run_folder.spec_file.exists)
        elif claims is not None:
            child = Verifying(spec, secrets, write, claims)
        elif question is not None:
            child = Surveying(spec, secrets, write, question)
        else:
            child = _Planning(spec, secrets, write)
        printed = captured(child.ask)
        child.end(printed)
    return 0


class _Planning(Asking):
    """The walk through the whole tree of the task."""

    def _ask_about(self, root: luigi.Task) -> None:
        for finding in self._walker.walk(root):
            self._write({"finding": self._finding(finding)})

    def _finding(self, finding: Finding) -> Dict[str, Any]:
        """A record without the private values of the request, and of the tasks that were found so far."""
        shown = self._privacy.shown
        kept = {"kind": finding.kind, "family": finding.family, "task_id": shown(finding.task_id)}
        masked: Dict[str, Any] = self._privacy.mask.value(finding.to_json())
        return {**masked, **kept, "requires": [shown(task_id) for task_id in finding.requires]}
