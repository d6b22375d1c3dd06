"""Plans by a real child of a real zygote: what it finds, where it is cut, and that nothing of it is left."""

import os
import threading
import time

import pytest
from polling import until
from zygotes import is_alive, number_in

from trigger_service.domain.errors import PlanEnded
from trigger_service.domain.ids import uuid7
from trigger_service.domain.place import Place
from trigger_service.domain.spec import RunSpec
from trigger_service.launchers.places import Places
from trigger_service.launchers.planner import LocalPlanner

TREE = '''
import os, signal, subprocess, sys, time
from pathlib import Path
import luigi
from luigi.parameter import ParameterVisibility

class Wide(luigi.WrapperTask):
    count = luigi.IntParameter()
    def requires(self):
        return [Leaf(number) for number in range(self.count)]
    def complete(self):
        return False

class Leaf(luigi.Task):
    number = luigi.IntParameter()
    def output(self):
        return luigi.LocalTarget(f"leaves/{self.number}")

class Secretive(luigi.Task):
    password = luigi.Parameter(visibility=ParameterVisibility.PRIVATE)
    def requires(self):
        print("asked", self.password)
        subprocess.run(["echo", "asked in a child"])
        return Told(f"password is {self.password}", token=f"of {self.password}")
    def output(self):
        return luigi.LocalTarget(f"out/{self.password}")

class Told(luigi.Task):
    public = luigi.Parameter()
    token = luigi.Parameter(visibility=ParameterVisibility.HIDDEN)
    def complete(self):
        raise ValueError(f"not {self.token} and not {self.public}")

class Busy(luigi.Task):
    """Its first requirement is asked in no time, its second one takes for ever, in a way that the test names."""
    how = luigi.Parameter()
    def requires(self):
        return [Forever(self.how), Leaf(1)]
    def complete(self):
        return False

class Forever(luigi.Task):
    how = luigi.Parameter()
    def complete(self):
        Path("asked").write_text(str(os.getpid()))
        if self.how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "deaf":
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        if self.how == "child":
            code = "import os, time; os.setsid(); open('child', 'w').write(str(os.getpid())); time.sleep(600)"
            subprocess.Popen([sys.executable, "-c", code])
        while True:
            try:
                time.sleep(600)
            except BaseException:
                if self.how != "stubborn":
                    raise
'''
THREADED = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"


@pytest.fixture
def planned(tree):
    """Makes the plan of a pipeline of the module `forest`."""
    tree.write("forest.py", TREE)
    tree.write("cold.py", THREADED + TREE)

    def plan(family, module="forest", seconds=20.0, unwanted=lambda: False, secrets=None, **parameters):
        texts = {name: str(value) for name, value in parameters.items()}
        plan_id = uuid7(time.time(), os.urandom(10))
        spec = RunSpec(plan_id, 0, module, family, texts, "", deadline=time.time() + seconds)
        places = Places({Place(): tree.client("forest", "cold")})
        walk = LocalPlanner(tree.home, places).walk(spec, secrets or {}, unwanted)
        assert not list((tree.home / "plans").iterdir())
        return walk

    return plan


def kinds(walk):
    return {finding.task_id.rpartition("_")[0]: finding.kind for finding in walk.findings}


def test_a_wide_tree_is_found_whole_and_nothing_is_run(tree, planned):
    tree.start()
    (tree.project / "leaves").mkdir()
    (tree.project / "leaves/7").touch()

    walk = planned("Wide", count=300)

    assert (walk.cut, walk.refusal, walk.printed) == ("", None, "")
    assert len(walk.findings) == 301
    assert kinds(walk)["Leaf_7"] == "complete"
    assert kinds(walk)["Leaf_8"] == "ready"
    assert [leaf.name for leaf in (tree.project / "leaves").iterdir()] == ["7"]


def test_changed_code_is_what_is_asked(tree, planned):
    tree.start()
    assert len(planned("Wide", count=2).findings) == 3
    tree.write("forest.py", TREE.replace("range(self.count)", "range(self.count + 1)"))

    assert len(planned("Wide", count=2).findings) == 4


def test_a_module_that_cannot_be_forked_is_asked_in_a_process_of_its_own(tree, planned):
    tree.start()

    walk = planned("Secretive", module="cold", secrets={"password": "hunter2"})

    assert [finding.kind for finding in walk.findings] == ["ready", "broken"]
    assert "hunter2" not in repr(walk)


def test_private_values_show_up_nowhere_and_what_was_printed_does(tree, planned):
    tree.start()

    walk = planned("Secretive", secrets={"password": "hunter2"})

    assert "hunter2" not in repr(walk)
    root, told = walk.findings
    assert root.outputs == ("out/***",)
    assert root.parameters == {}
    assert told.parameters == {"public": "password is ***"}
    assert (told.fault.method, told.fault.file) == ("complete", "forest.py")
    assert "token" in told.fault.traceback
    assert "planning.py" not in told.fault.traceback
    assert walk.printed == "asked ***\nasked in a child\n"


@pytest.mark.parametrize("how", ["", "stubborn", "deaf", "child"])
def test_at_the_deadline_there_is_a_partial_plan_and_nothing_goes_on(tree, planned, how):
    tree.start()

    walk = planned("Busy", how=how, seconds=2.5)

    assert [(finding.family, finding.kind) for finding in walk.findings] == [("Busy", "ready"), ("Leaf", "ready")]
    assert ("could not be interrupted" in walk.cut) == (how in ("deaf", "stubborn"))
    assert walk.cut.startswith("the time was over while " + ("a task" if how == "deaf" else "Forever_"))
    if how == "":
        assert "(forest.py, line " in walk.cut
    assert not is_alive(number_in(tree.project / "asked"))
    if how == "child":
        assert not is_alive(number_in(tree.project / "child"))


def test_a_task_that_ends_the_process_leaves_a_partial_plan_that_says_so(tree, planned):
    tree.start()

    walk = planned("Busy", how="killed")

    assert walk.cut == "the process that asked the tasks was killed by signal 9"
    assert len(walk.findings) == 2


def test_what_nobody_wants_any_more_is_ended_at_once(tree, planned):
    tree.start()
    unwanted = threading.Event()
    waiting = threading.Thread(target=lambda: (number_in(tree.project / "child"), unwanted.set()))
    waiting.start()

    with pytest.raises(PlanEnded):
        planned("Busy", how="child", unwanted=unwanted.is_set)

    waiting.join()
    for name in ("asked", "child"):
        pid = number_in(tree.project / name)
        until(lambda pid=pid: not is_alive(pid), "end of the plan")
