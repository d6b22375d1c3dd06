"""A process that is killed while it works for the zygote (no memory left, say) is no fault of the users' code."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from polling import until

from trigger_service.domain.errors import InvalidParameters

HELD_IMPORT = """
import os, time, luigi
with open({began!r}, "a") as file:
    file.write(f"{{os.getpid()}}\\n")
while not os.path.exists({go!r}):
    time.sleep(0.01)
class Held(luigi.Task):
    out = luigi.Parameter(default="x")
"""
HELD_JUDGE = """
import os, time, luigi
class Odd(luigi.Parameter):
    def parse(self, text):
        with open({began!r}, "a") as file:
            file.write(f"{{os.getpid()}}\\n")
        while not os.path.exists({go!r}):
            time.sleep(0.01)
        return text
class Held(luigi.Task):
    out = Odd(default="x")
"""


def pids(file, count):
    """The first `count` processes that have said that they are at work."""
    return [int(pid) for pid in until(lambda: told(file, count), f"{count} processes at work")][:count]


def told(file, count):
    words = file.read_text().split() if file.exists() else []
    return words if len(words) >= count else None


@pytest.mark.parametrize("which", [0, 1])
def test_a_module_whose_import_was_killed_is_imported_again_and_is_warm(tree, which):
    # Given a module that is being imported, for use and for comparison
    began, go = tree.results / "began", tree.results / "go"
    tree.write("held.py", HELD_IMPORT.format(began=str(began), go=str(go)))
    client = tree.start().client("held")
    with ThreadPoolExecutor() as pool:
        catalogue = pool.submit(client.catalogue)
        # When one of the two processes is killed
        os.kill(pids(began, 2)[which], signal.SIGKILL)
        go.touch()
        # Then the module is offered all the same, and its runs start warm
        assert [(pipeline.family, pipeline.cold) for pipeline in catalogue.result().pipelines] == [("Held", "")]
        assert catalogue.result().broken == ()


@pytest.mark.parametrize("cold", ["", "\nimport socket\nkept = socket.socket()\n"])
def test_a_judge_that_was_killed_has_its_question_put_to_the_next(tree, cold):
    # Given a judge who is thinking
    began, go = tree.results / "began", tree.results / "go"
    tree.write("held.py", HELD_JUDGE.format(began=str(began), go=str(go)) + cold)
    client = tree.start().client("held")
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(client.validate, "held", "Held", {"out": "fine"})
        # When it is killed
        os.kill(pids(began, 1)[0], signal.SIGKILL)
        go.touch()
        # Then the next one answers
        assert answer.result().parameters["out"] == "fine"


def test_a_question_that_kills_every_judge_is_answered_with_that(tree):
    suicidal = "\nimport signal\nOdd.parse = lambda self, text: os.kill(os.getpid(), signal.SIGKILL)\n"
    tree.write("held.py", HELD_JUDGE.format(began="", go="") + suicidal)
    client = tree.start().client("held")
    with pytest.raises(InvalidParameters, match="killed by signal 9"):
        client.validate("held", "Held", {"out": "fatal"})


def test_a_module_whose_every_import_was_killed_is_tried_again_at_the_next_question(tree):
    sick = tree.results / "sick"
    sick.touch()
    tree.write(
        "sickly.py",
        "import os, signal, luigi\n"
        f"if os.path.exists({str(sick)!r}):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "class Well(luigi.Task):\n    pass\n",
    )
    client = tree.start().client("sickly")
    assert [broken.reason for broken in client.catalogue().broken] == [
        "the process that imported it killed by signal 9"
    ]
    sick.unlink()
    assert [pipeline.family for pipeline in client.catalogue().pipelines] == ["Well"]
