"""What the zygote makes of users' modules: good, broken, cold, odd."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from polling import until
from zygotes import JOBS, TASK, broken, default, ended, families

from trigger_service.domain.errors import (
    AmbiguousPipeline,
    InvalidParameters,
    LaunchFailed,
    PipelineBroken,
    ZygoteUnavailable,
)


def test_a_package_is_walked_and_a_broken_module_in_it_hides_none_beside_it(tree):
    tree.write("pkg/__init__.py", "")
    tree.write("pkg/good.py", TASK.format(name="Good", default=1))
    tree.write("pkg/deep/__init__.py", "")
    tree.write("pkg/deep/deeper.py", TASK.format(name="Deep", default=1))
    tree.write("pkg/bad.py", "import luigi\n\nraise RuntimeError('no database here')\n")
    tree.write("pkg/wrong.py", "def (:\n")
    client = tree.start().client("pkg", "pkg.good")

    catalogue = client.catalogue()

    assert [(p.family, p.module) for p in catalogue.pipelines] == [("Deep", "pkg.deep.deeper"), ("Good", "pkg.good")]
    problems = {module.module: module for module in catalogue.broken}
    assert problems.keys() == {"pkg.bad", "pkg.wrong"}
    assert problems["pkg.bad"].reason == "RuntimeError: no database here (pkg/bad.py, line 3)"
    assert 'pkg/bad.py", line 3, in <module>' in problems["pkg.bad"].traceback
    assert "importlib" not in problems["pkg.bad"].traceback
    assert "SyntaxError" in problems["pkg.wrong"].reason
    with pytest.raises(PipelineBroken, match="no database here"):
        client.validate("pkg.bad", "Any", {})


def test_what_an_import_prints_is_told_with_its_traceback_and_hurts_nobody(tree):
    tree.write("loud.py", "import os\nprint('from print')\nos.write(1, b'from below\\n')\n1/0\n")
    tree.write("mine.py", "print('good day')\n" + TASK.format(name="Mine", default=1))
    client = tree.start().client("loud", "mine")

    assert "from print" in broken(client)["loud"].traceback
    assert "from below" in broken(client)["loud"].traceback
    assert families(client) == ["Mine"]
    assert "good day" in tree.log()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit(3)", "calls sys.exit(3) when it is imported (ender.py, line 1)"),
        ("import os; os._exit(3)", "the process that imported it ended with exit status 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "the process that imported it killed by signal 11"),
        (
            "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('day')\nparser.parse_args()",
            "calls sys.exit(2) when it is imported (ender.py, line 4)",
        ),
        ("import missing_thing", "ModuleNotFoundError: No module named 'missing_thing' (ender.py, line 1)"),
        ("import os; os.read(0, 10) == b'' and 1/0", "ZeroDivisionError: division by zero (ender.py, line 1)"),
    ],
)
def test_a_module_that_ends_the_process_is_broken_and_mended_at_once(tree, code, reason):
    path = tree.write("ender.py", code + "\n")
    tree.write("mine.py", TASK.format(name="Mine", default=1))
    client = tree.start().client("ender", "mine")

    assert broken(client)["ender"].reason == reason
    assert families(client) == ["Mine"]

    path.write_text(TASK.format(name="Mended", default=1))
    assert families(client) == ["Mended", "Mine"]
    assert not broken(client)


def test_a_module_that_forks_when_it_is_imported_is_imported_once(tree):
    tree.write(
        "mine.py", "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\n" + TASK.format(name="Mine", default=1)
    )
    client = tree.start().client("mine")

    assert families(client) == ["Mine"]
    assert default(client) == "1"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True, name='poller').start()",
         "importing mine starts a Python thread (poller), which a forked child would not have"),
        ("import threading\nthreading.Thread(target=threading.Event().wait, name='endless').start()",
         "importing mine starts a Python thread (endless), which a forked child would not have"),
        ("import socket\nkept = socket.socket()",
         "importing mine leaves a socket open (AF_INET), which forked children would share"),
        ("import subprocess\nkept = subprocess.Popen(['sleep', '3'])",
         "importing mine leaves a child process running, which forked children could not wait for"),
        ("import time\nnow = time.time()\nclass Base(luigi.Task):\n    at = luigi.FloatParameter(default=now)",
         "the default of Base.at differs from import to import"),
    ],
)  # fmt: skip
def test_a_module_that_must_not_be_forked_starts_cold_and_works(tree, code, reason):
    tree.write("mine.py", "import luigi\nfrom jobs import Touch\n" + code + "\nclass Mine(Touch):\n    pass\n")
    tree.start()
    client = tree.client("mine")

    assert {p.cold for p in client.catalogue().pipelines} == {reason}
    assert client.validate("mine", "Mine", {"out": "x"}).parameters["out"] == "x"
    handle, folder = tree.run("Mine", module="mine")

    assert ended(folder).outcome == "succeeded"
    assert int((tree.results / "out").read_text()) == handle.pid
    until(lambda: tree.client().words([handle.pid]), "word")


def test_a_cold_child_gets_private_values_of_any_length(tree):
    tree.write("mine.py", "import time\nfrom jobs import Secretive as Base\nimport luigi\n"
               "class Mine(Base):\n    at = luigi.FloatParameter(default=time.time())\n")  # fmt: skip
    tree.start()
    spec, folder = tree.attempt("Mine", module="mine")

    tree.launcher("mine", secrets={"password": "x" * 3_000_000}).launch(spec, folder)

    assert ended(folder).outcome == "succeeded"
    assert (tree.results / "out").read_text() == "3000000"


def test_native_threads_of_an_import_do_no_harm(tree):
    numpy = pytest.importorskip("numpy")
    assert numpy
    tree.write(
        "mine.py",
        "import numpy\nfrom jobs import Touch\n_ = numpy.ones((500, 500)) @ numpy.ones((500, 500))\n"
        "class Mine(Touch):\n"
        "    def content(self):\n"
        "        product = numpy.ones((500, 500)) @ numpy.ones((500, 500))\n"
        "        return f'{product[0, 0]} {numpy.random.random()}'\n",
    )
    client = tree.start().client("mine")

    assert client.catalogue().pipelines[0].cold == ""
    for name in ("a", "b"):
        assert ended(tree.run("Mine", module="mine", name=name)[1]).outcome == "succeeded"
    first, second = ((tree.results / name).read_text().split() for name in ("a", "b"))
    assert first[0] == second[0] == "500.0"
    assert first[1] != second[1]


def test_a_module_that_runs_a_pipeline_when_it_is_imported_is_offered_and_runs_it_when_it_is_asked_to(tree):
    out = str(tree.results / "out")
    tree.write("mine.py", "import luigi\nfrom jobs import Touch\nclass Mine(Touch):\n    pass\n"
               f"luigi.build([Mine(out={out!r})], local_scheduler=True)\nluigi.run()\n")  # fmt: skip
    client = tree.start().client("mine")

    (found,) = client.catalogue().pipelines
    assert (found.family, found.cold) == ("Mine", "")
    assert found.remark == "importing it would run a pipeline (mine.py, line 5); that is left out"
    assert not (tree.results / "out.began").exists()

    assert ended(tree.run("Mine", module="mine")[1]).outcome == "succeeded"
    assert len((tree.results / "out.ledger").read_text().splitlines()) == 1


def test_other_modules_are_answered_while_one_imports(tree):
    tree.write("slow.py", f"import os, time\nwhile not os.path.exists({str(tree.results / 'go')!r}): time.sleep(0.01)\n"
               + TASK.format(name="Slow", default=1))  # fmt: skip
    client = tree.start().client("slow", "jobs")
    client.validate("jobs", "Touch", {"out": "x"})
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(default, client, "slow", "Slow")

        assert client.validate("jobs", "Touch", {"out": "x"}).parameters["out"] == "x"
        assert ended(tree.run("Touch")[1]).outcome == "succeeded"
        assert not slow.done()

        (tree.results / "go").touch()
        assert slow.result() == "1"


HANGING = """
import luigi, os, time
class Odd(luigi.Parameter):
    def parse(self, text):
        if text == "hang":
            time.sleep(600)
        while text == "ignore":
            try:
                time.sleep(600)
            except BaseException:
                pass
        if text == "die":
            os._exit(7)
        if text == "leave":
            raise SystemExit(7)
        return text
class Mine(luigi.Task):
    out = Odd(default="x")
"""


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("hang", '/parameters/out: "hang" cannot be used: .* gave no answer within 1.5 s'),
        ("ignore", "/parameters: .* gave no answer within 2 s"),
        ("die", "/parameters: .* ended with exit status 7"),
        ("leave", '/parameters/out: "leave" cannot be used: .*SystemExit: 7'),
    ],
)
@pytest.mark.parametrize("cold", ["", "\nimport socket\nkept = socket.socket()\n"])
def test_code_that_hangs_or_dies_when_it_judges_a_value_is_told_of_and_hurts_no_other(tree, value, told, cold):
    tree.write("mine.py", HANGING + cold)
    client = tree.start().client("mine")
    client.validate("mine", "Mine", {"out": "fine"})

    with ThreadPoolExecutor() as pool:
        bad = pool.submit(client.validate, "mine", "Mine", {"out": value})
        others = [pool.submit(client.validate, "mine", "Mine", {"out": str(number)}) for number in range(3)]
        with pytest.raises(InvalidParameters, match=told):
            bad.result()
        assert [other.result().parameters["out"] for other in others] == ["0", "1", "2"]

    assert client.validate("mine", "Mine", {"out": "fine"}).parameters["out"] == "fine"


def test_a_default_that_hangs_is_told_of_and_takes_no_other_pipeline_away(tree):
    tree.write("mine.py", HANGING + "class Other(luigi.Task):\n    out = luigi.Parameter(default='x')\n")
    tree.write("luigi.cfg", "[Mine]\nout = hang\n")
    client = tree.start().client("mine")

    remarks = {pipeline.family: pipeline.remark for pipeline in client.catalogue().pipelines}

    assert remarks == {
        "Mine": "the default of out cannot be used: NoAnswer: its code gave no answer within 2 s",
        "Other": "",
    }
    assert default(client, family="Other") == "x"
    with pytest.raises(InvalidParameters, match="cannot be used: NoAnswer"):
        client.validate("mine", "Mine", {})


def test_a_request_at_which_the_zygote_fails_is_told_and_hurts_no_other(tree):
    client = tree.start().client("jobs")

    with pytest.raises(ZygoteUnavailable, match="catalogue failed: ValueError: could not convert string to float"):
        client.catalogue(patience_s="soon")

    assert client.health() == ""


def test_a_family_that_a_module_lacks_is_told_with_the_nearest_one(tree):
    client = tree.start().client("jobs")

    with pytest.raises(InvalidParameters, match=r"'Tuch'.*Touch"):
        client.validate("jobs", "Tuch", {})


def test_a_module_sees_what_luigi_would_show_it(tree):
    told = "repr((os.getcwd(), sys.path[0], sys.argv, os.read(0, 1)))"
    task = f"class Mine(luigi.Task):\n    out = luigi.Parameter(default={told})\n"
    tree.write("mine.py", f"import os, sys, luigi\n{task}")
    client = tree.start().client("mine")

    folder, path, argv, typed = eval(default(client))

    assert folder == path == str(tree.project)
    assert [Path(name).parts[-2:] for name in argv] == [("luigi", "__main__.py")]
    assert typed == b""


def test_a_family_of_two_modules_is_offered_twice_and_each_is_found_by_its_module(tree):
    tree.write("one.py", TASK.format(name="Same", default="one"))
    tree.write("two.py", TASK.format(name="Same", default="two"))
    client = tree.start().client("one", "two")

    catalogue = client.catalogue()

    assert [(p.family, p.module) for p in catalogue.pipelines] == [("Same", "one"), ("Same", "two")]
    assert catalogue.broken == ()
    assert catalogue.find("Same", "two").module == "two"
    with pytest.raises(AmbiguousPipeline, match=r"one \(.*one.py, line 2\), two \(.*two.py, line 2\)"):
        catalogue.find("Same")
    assert default(client, "one", "Same") == "one"
    assert default(client, "two", "Same") == "two"


def test_roots_stand_before_what_they_require_also_across_modules(tree):
    tree.write("mine.py", "import luigi\nfrom jobs import Touch\nclass Mine(luigi.WrapperTask):\n"
               "    def requires(self):\n        return Touch(out='x')\n")  # fmt: skip
    client = tree.start().client("jobs", "mine")

    found = {p.family: p for p in client.catalogue().pipelines}

    assert found["Touch"].required_by == ["Mine"]
    assert not found["Touch"].root
    assert list(found)[-1] == "Touch"
    assert found["Touch"].doc == "Writes a file."
    assert found["Touch"].line == 1 + JOBS.splitlines().index("class Touch(luigi.Task):")


def test_a_dynamic_requirement_is_of_the_roots_module_where_another_has_the_same_family(tree):
    part = "from jobs import Touch\nclass Part(Touch):\n    def content(self):\n        return {name!r}\n"
    whole = (
        "class Whole(Touch):\n    def run(self):\n        yield Part(out=self.out + '-part')\n        super().run()\n"
    )
    tree.write("pkg/__init__.py", "")
    for name in ("one", "two"):
        tree.write(f"pkg/{name}.py", part.format(name=name) + whole)
    tree.start().client("pkg").catalogue()

    for name in ("one", "two"):
        _, folder = tree.run("Whole", module=f"pkg.{name}", name=name)
        assert ended(folder).outcome == "succeeded"
        assert (tree.results / f"{name}-part").read_text() == name


#: Stands for a limit of processes, which a test that is run by root cannot have: a child of the importer forks nothing.
FORKS_SELDOM = """
import errno, os
from jobs import Touch
importer, fork = os.getpid(), os.fork
def seldom():
    if os.getppid() == importer and os.path.exists({limit!r}):
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return fork()
os.fork = seldom
class Seldom(Touch): pass
"""


def test_a_spare_that_cannot_be_forked_is_told_of_and_leaves_no_second_importer(tree):
    limit = tree.results / "limit"
    limit.touch()
    tree.write("seldom.py", FORKS_SELDOM.format(limit=str(limit)))
    tree.start()

    with pytest.raises(LaunchFailed, match="Resource temporarily unavailable"):
        tree.run("Seldom", module="seldom")

    assert len({stat.session for stat in tree.nursery()}) == len(tree.nursery()) == 1
    limit.unlink()
    assert ended(tree.run("Seldom", module="seldom")[1]).outcome == "succeeded"


def test_a_module_that_has_its_children_reaped_by_themselves_starts_warm(tree):
    ignore = "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
    tree.write("heedless.py", f"{ignore}from jobs import Touch\nclass Heedless(Touch): pass\n")
    tree.start()

    assert ended(tree.run("Heedless", module="heedless")[1]).outcome == "succeeded"
