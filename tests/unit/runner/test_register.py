"""By a family that several imported modules have, luigi means the class that it would have without the others."""

import sys

import pytest
from luigi.task_register import Register, TaskClassAmbigiousException

from trigger_service.runner.import_guard import import_module
from trigger_service.runner.register import narrow, restored

PART = "import luigi\nclass Part(luigi.Task):\n    pass\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Two modules with the same family, one that uses the first of them, and one that uses both."""
    monkeypatch.syspath_prepend(tmp_path)
    texts = {"one": PART, "two": PART, "user": "import one\n", "both": "from one import Part\nimport two\n"}
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text)
    modules = {name: import_module(name) for name in texts}
    yield modules
    for name in texts:
        del sys.modules[name]


@pytest.mark.parametrize(("seen_from", "meant"), [("one", "one"), ("two", "two"), ("user", "one")])
def test_the_class_nearest_to_a_module_is_meant(project, seen_from, meant):
    narrow(seen_from)
    assert Register.get_task_cls("Part") is project[meant].Part


def test_what_a_module_itself_has_from_two_sides_stays_ambiguous(project):
    narrow("both")
    with pytest.raises(TaskClassAmbigiousException):
        Register.get_task_cls("Part")


def test_the_next_question_may_be_about_another_module(project):
    for name in ("one", "two"):
        with restored():
            narrow(name)
            assert Register.get_task_cls("Part") is project[name].Part
    with pytest.raises(TaskClassAmbigiousException):
        Register.get_task_cls("Part")
