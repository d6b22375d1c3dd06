"""The command `doctor`, on a project with its service up, and on one with faults."""

import json
import subprocess

from product import COMMAND


def doctor(folder, *options):
    return subprocess.run([COMMAND, "doctor", *options], cwd=folder, capture_output=True, text=True, timeout=50)


def test_with_a_service_that_is_up_and_well_it_finds_nothing(service):
    said = doctor(service.folder)

    assert (said.returncode, said.stdout) == (0, "Nothing is wrong.\n"), said.stdout + said.stderr


def test_faults_stand_before_warnings_and_make_it_exit_with_1(patient):
    patient.configure("[limit]\nruns = 1\n", modules="fine, gone")
    patient.write("fine.py", "import luigi\nclass A(luigi.Task):\n    pass\nluigi.build([A()])\n")

    said, as_json = doctor(patient.folder), doctor(patient.folder, "--json")

    assert said.returncode == as_json.returncode == 1
    assert said.stdout.endswith("2 faults, 1 warning\n")
    document = json.loads(as_json.stdout)
    assert document["ok"] is False
    assert [found["severity"] for found in document["findings"]] == ["fault", "fault", "warning"]
    assert set(document["findings"][0]) == {"code", "severity", "what", "where", "why", "mend"}


def test_a_luigi_cfg_with_which_luigi_cannot_even_be_imported_is_a_finding(patient):
    patient.configure("port = 1")

    said = doctor(patient.folder)

    assert (said.returncode, said.stderr) == (1, "")
    assert "option 'port' in section 'trigger_service' already exists" in " ".join(said.stdout.split())
    assert "Correct the line that is named." in said.stdout
