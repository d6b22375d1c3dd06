"""Faults in a project's configuration and code: each is planted, and found with its mend."""

import os
import stat

import pytest
from patients import Found

from trigger_service.cli.checks.code import check_code
from trigger_service.cli.checks.service import check_roots


@pytest.fixture
def code(patient):
    """Gives what is wrong with the code of a module, after some text was written to it."""

    def look(text, name="planted"):
        patient.write(f"{name}.py", text)
        patient.configure(modules=name)
        return Found(check_code(patient.settings(), patient.folder, dict(os.environ)))

    return look


def test_a_project_that_is_well_has_no_findings(patient):
    assert patient.whole().findings == []


def test_no_configuration_at_all(patient):
    (patient.folder / "luigi.cfg").unlink()

    patient.configuration().one("config-missing", "There is no luigi.cfg", "luigi-trigger init")


def test_a_file_that_is_none(patient):
    patient.write("luigi.cfg", "modules = fine\n")

    patient.whole().one("config-unreadable", "no section headers", "Correct the line")


def test_an_unknown_key(patient):
    patient.configure("prot = 8090")

    patient.configuration().one("config-key", "prot is not known", "Did you mean port?")


def test_an_inbox_whose_folder_is_not_there(patient):
    patient.configure("\n[inbox:incoming]\nurl = incoming\n[inbox:lake]\nurl = s3://lake/in\n")

    patient.configuration().one("inbox-missing", "There is no folder", "Make it")
    (patient.folder / "incoming").mkdir()
    assert patient.configuration().findings == []


def test_values_that_cannot_be_used(patient):
    patient.configure("max_streams = many\ngrace_s = soon\n")

    assert patient.configuration().codes == ["config-value", "config-value"]
    found = patient.configuration().findings[0]
    assert "max_streams = 'many'" in found.what
    assert "Expected" in found.mend


def test_a_variable_that_is_not_set(patient):
    patient.configure("host = ${NO_SUCH_VARIABLE}")

    patient.configuration().one("config-value", "NO_SUCH_VARIABLE", "set the variable")


def test_a_section_with_a_slip_in_its_name(patient):
    patient.configure("[trigger-service]\nhome = elsewhere\n[locatoin:reports]\nfolder = .\n")

    assert patient.configuration().codes == ["config-section", "config-section"]
    assert "If [location:reports] is meant" in patient.configuration().findings[1].mend


def test_a_configuration_file_that_a_variable_names_in_vain(patient):
    patient.configuration(LUIGI_CONFIG_PATH="gone.cfg").one("config-path-missing", "gone.cfg", "Correct the variable")


def test_a_location_whose_interpreter_is_not_there(patient):
    patient.configure("[location:reports]\npython = venv/bin/python\n")

    patient.configuration().one("config-names-nothing", "there is no such program", "Correct the path")


def test_no_modules(patient):
    patient.configure(modules="")

    patient.configuration().one("no-modules", "No modules are named", "modules = tasks")


def test_plain_luigi_that_would_join_another_scheduler(patient):
    patient.configure("[core]\nscheduler_port = 9999\n")
    file = patient.folder / "luigi.cfg"
    file.write_text(file.read_text().replace("luigid_port = 0", "luigid_port = 8082"))

    found = patient.configuration().one("plain-luigi-elsewhere", "9999", "Set it to 8082")
    assert found.severity == "warning"


def test_a_root_that_cannot_be_written_to(patient):
    patient.write("a-file", "")
    patient.configure(
        '[environment:staging]\nroots = {"DATA": "a-file/data", "GOOD": "new/folder", "S3": "s3://b/c"}\n'
    )

    found = Found(check_roots(patient.settings()))

    found.one("root-unwritable", "a-file/data", "name another one")
    assert not (patient.folder / "new").exists()


def test_a_module_that_cannot_be_imported(code):
    found = code("import luigi\nimport no_such_package\n")

    found.one("import-fails", "No module named 'no_such_package' (planted.py, line 2)", "Install what is missing")


def test_a_module_that_ends_its_process(code):
    code("import os\nos._exit(7)\n").one("import-kills", "status 7", "-c 'import planted'")


def test_a_module_without_tasks(code):
    code("from luigi import Task\n").one("no-tasks", "planted has no tasks", "defines the task classes")


def test_a_module_that_starts_cold(code):
    text = "import socket, luigi\nopen = socket.socket()\nclass A(luigi.Task):\n    pass\n"

    found = code(text).one("cold-module", "leaves a socket open", "in run(), not when")
    assert found.severity == "warning"


def test_an_import_that_would_run_a_pipeline(code):
    text = "import luigi\nclass A(luigi.Task):\n    pass\nluigi.build([A()], local_scheduler=True)\n"

    code(text).one("import-remark", "would run a pipeline", "__name__ == '__main__'")


def test_a_family_that_two_modules_have(code, patient):
    patient.write("pack/__init__.py", "")
    for name in ("one", "two"):
        patient.write(f"pack/{name}.py", "import luigi\nclass Same(luigi.Task):\n    pass\n")
    patient.configure(modules="pack")

    found = Found(check_code(patient.settings(), patient.folder, dict(os.environ)))

    found.one("family-twice", "a task family Same", "task_namespace")


def test_a_file_that_takes_a_librarys_place(patient):
    patient.write("queue.py", "")

    patient.whole().one("shadowed-module", "queue.py takes the place", "another name")


def test_an_interpreter_without_luigi(patient):
    patient.write("venv/bin/python", "#!/bin/sh\necho \"No module named 'luigi'\" >&2\nexit 1\n").chmod(stat.S_IRWXU)
    patient.configure("[location:reports]\npython = venv/bin/python\nmodules = fine\n")

    found = patient.whole().one("interpreter-unfit", "No module named 'luigi'", "pip install")
    assert "reports" in found.where


def test_an_interpreter_with_a_luigi_that_is_too_old(patient):
    said = '{"luigi": "2.8.13", "families": {"fine": ["Fine"]}, "broken": [], "cold": "", "remarks": {}}'
    patient.write("venv/bin/python", f"#!/bin/sh\necho '{said}'\n").chmod(stat.S_IRWXU)
    patient.configure("[location:reports]\npython = venv/bin/python\nmodules = fine\n")

    patient.whole().one("interpreter-unfit", "Luigi 2.8.13, older than 3.6", "pip install 'luigi>=3.6'")
