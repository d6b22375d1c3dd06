"""New code, and how the zygote follows it: edited, added, broken, mended, and a new day."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from zygotes import TASK, broken, default, ended, families, number_in

from trigger_service.domain.errors import PipelineBroken
from trigger_service.launchers.base import BrokenModule


def test_a_default_of_today_is_that_of_the_day_of_the_request(tree):
    tree.write("mine.py", "import datetime, luigi\n"
               "class Mine(luigi.Task):\n    day = luigi.DateParameter(default=datetime.date.today())\n")  # fmt: skip

    def today():
        return time.strftime("%Y-%m-%d", time.gmtime(time.time() + east_s))

    # Given a place where it is six seconds to midnight (more where the machine is too busy for that)
    for lead_s in (6, 40):
        east_s = int(-lead_s - time.time()) % 86400
        zone = f"TST-{east_s // 3600:02}:{east_s % 3600 // 60:02}:{east_s % 60:02}"
        first = today()
        client = tree.start(TZ=zone).client("mine")
        days = [default(client, name="day")]
        if days == [first]:
            break
        tree.kill()

    # When it is asked for from day to day, then it is that of the day
    while days[-1] == first:
        before, answered, after = today(), default(client, name="day"), today()
        assert answered in (before, after)
        days.append(answered)
    assert client.catalogue().pipelines[0].cold == ""
    assert days[0] == first < days[-1]


def test_a_default_that_changes_with_every_import_is_that_of_the_request(tree):
    tree.write(
        "mine.py", "import luigi, time\nclass Mine(luigi.Task):\n    out = luigi.Parameter(default=str(time.time()))\n"
    )
    client = tree.start().client("mine")
    client.catalogue()

    before = time.time()
    first, second = float(default(client)), float(default(client))

    assert before < first < second < time.time()


def test_edited_code_is_what_the_next_request_sees_and_a_running_task_keeps_the_old(tree):
    tree.write("helper.py", "WORD = 'old'\n")
    tree.write("mine.py", "import helper\nfrom jobs import Touch\nclass Mine(Touch):\n"
               "    def content(self):\n        return helper.WORD\n")  # fmt: skip
    tree.start()
    go = tree.results / "go"
    _, running = tree.run("Mine", module="mine", name="first", wait_for=go)
    number_in(tree.results / "first.began")
    old = tree.client("mine").validate("mine", "Mine", {"out": "x"}).code_fingerprint

    tree.write("helper.py", "WORD = 'new'\n")
    _, next_one = tree.run("Mine", module="mine", name="second")
    go.touch()

    assert ended(running).outcome == ended(next_one).outcome == "succeeded"
    assert (tree.results / "first").read_text() == "old"
    assert (tree.results / "second").read_text() == "new"
    assert tree.client("mine").validate("mine", "Mine", {"out": "x"}).code_fingerprint != old


def test_an_edit_of_the_same_length_within_the_same_second_is_noticed(tree):
    tree.write("mine.py", TASK.format(name="Mine", default=0))
    client = tree.start().client("mine")

    for number in range(1, 6):
        tree.write("mine.py", TASK.format(name="Mine", default=number))
        assert default(client) == str(number)


def test_a_file_that_changes_while_it_is_imported_is_not_missed(tree):
    # Given a module that tells when its first line has been read, and goes on after a while
    tree.write("part.py", "VALUE = 'old'\n")
    tree.write(
        "mine.py",
        "import os, time\nimport part\n"
        f"open({str(tree.results / 'reading')!r}, 'w').write('1')\n"
        f"while not os.path.exists({str(tree.results / 'go')!r}): time.sleep(0.01)\n"
        "import luigi\nclass Mine(luigi.Task):\n    out = luigi.Parameter(default=part.VALUE)\n",
    )
    client = tree.start().client("mine")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(default, client)
        number_in(tree.results / "reading")

        # When a part that it has read already changes
        tree.write("part.py", "VALUE = 'new'\n")
        (tree.results / "go").touch()

        # Then the answer is of the new code
        assert asked.result() == "new"


def test_new_and_deleted_modules_of_a_package_are_seen(tree):
    tree.write("pkg/__init__.py", "")
    tree.write("pkg/one.py", TASK.format(name="One", default=1))
    client = tree.start().client("pkg")
    assert families(client) == ["One"]

    tree.write("pkg/two.py", TASK.format(name="Two", default=1))
    assert families(client) == ["One", "Two"]

    (tree.project / "pkg/one.py").unlink()
    assert families(client) == ["Two"]


def test_broken_code_is_mended_wherever_the_fault_was(tree):
    tree.write("pkg/__init__.py", "")
    tree.write("pkg/inner/__init__.py", "")
    tree.write("mine.py", "import pkg.inner.part\n" + TASK.format(name="Mine", default=1))
    client = tree.start().client("mine")
    assert "No module named 'pkg.inner.part'" in broken(client)["mine"].reason

    tree.write("pkg/inner/part.py", "def (:\n")
    assert "SyntaxError" in broken(client)["mine"].reason
    tree.write("pkg/inner/part.py", "1/0\n")
    assert "ZeroDivisionError: division by zero (pkg/inner/part.py, line 1)" in broken(client)["mine"].reason
    tree.write("pkg/inner/part.py", "\n")
    assert families(client) == ["Mine"]


def stale(client):
    return {pipeline.family: pipeline.stale for pipeline in client.catalogue().pipelines}


def test_what_a_broken_module_offered_last_stays_listed_as_stale_until_it_is_mended_or_gone(tree):
    tree.write("pkg/__init__.py", "")
    tree.write("pkg/good.py", TASK.format(name="Good", default=1))
    tree.write("pkg/fragile.py", "from pkg.good import Good\n" + TASK.format(name="Fragile", default=1))
    client = tree.start().client("pkg")
    assert stale(client) == {"Fragile": "", "Good": ""}

    # When the code of one module breaks
    tree.write("pkg/fragile.py", "1/0\n")
    reason = "ZeroDivisionError: division by zero (pkg/fragile.py, line 1)"
    # Then its pipelines are listed with the reason, for which they are refused; the others work on
    for _ in range(2):
        assert stale(client) == {"Fragile": reason, "Good": ""}
    with pytest.raises(PipelineBroken, match="division by zero"):
        client.validate("pkg.fragile", "Fragile", {})
    assert default(client, "pkg.good", "Good") == "1"

    # When the whole package breaks, and the process that imports it with it, then all are stale
    tree.write("pkg/__init__.py", "import os; os._exit(3)\n")
    ended = "the process that imported it ended with exit status 3"
    assert stale(client) == {"Fragile": ended, "Good": ended}

    # When one is mended and the other gone, then so is what was said of them
    tree.write("pkg/__init__.py", "")
    tree.write("pkg/fragile.py", TASK.format(name="Fragile", default=2))
    (tree.project / "pkg/good.py").unlink()
    assert stale(client) == {"Fragile": ""}
    assert client.catalogue().broken == ()


def test_what_broken_code_offered_last_is_known_after_a_new_start(tree):
    tree.write("mine.py", TASK.format(name="Mine", default=1))
    good = tree.start().client("mine").catalogue().pipelines
    tree.kill()

    tree.write("mine.py", "1/0\n")
    reason = "ZeroDivisionError: division by zero (mine.py, line 1)"
    shown = tree.start().client("mine").catalogue().pipelines

    assert shown == tuple(replace(pipeline, stale=reason) for pipeline in good)

    # When the file is not what it was written as, then it counts as none
    tree.kill()
    (tree.home / "catalogue.json").write_text('{"version": "of another one", "parts": {"mine": 5}}')
    assert tree.start().client("mine").catalogue().pipelines == ()


def test_a_module_that_takes_long_to_import_keeps_nobody_waiting_for_the_others(tree):
    tree.write("slow.py", TASK.format(name="Slow", default=1))
    client = tree.start().client("slow", "jobs")
    assert stale(client)["Slow"] == ""
    tree.write("slow.py", f"import os, time\nwhile not os.path.exists({str(tree.results / 'go')!r}): time.sleep(0.01)\n"
               + TASK.format(name="Slow", default=1))  # fmt: skip

    catalogue = client.catalogue(patience_s=0.5)

    reason = "its import has not ended within 0.5 s"
    assert {p.family: p.stale for p in catalogue.pipelines if p.family in ("Slow", "Touch")} == {
        "Slow": reason,
        "Touch": "",
    }
    assert catalogue.broken == (BrokenModule("slow", reason, "", late=True),)
    (tree.results / "go").touch()
    assert stale(client)["Slow"] == ""


def test_a_changed_configuration_changes_defaults(tree):
    tree.write("mine.py", TASK.format(name="Mine", default="code"))
    client = tree.start().client("mine")
    assert default(client) == "code"

    tree.write("luigi.cfg", "[Mine]\nout = configured\n[core]\nworkers = 3\n")
    assert default(client) == "configured"
    assert client.validate("mine", "Mine", {}).workers == 3
    schemas = {p.family: p.parameters[0]["schema"] for p in client.catalogue().pipelines}
    assert schemas["Mine"]["default"] == "configured"

    tree.write("luigi.cfg", "[core]\nworkers = many\n")
    assert client.validate("mine", "Mine", {}).workers == 0

    (tree.project / "luigi.cfg").unlink()
    assert default(client) == "code"
    assert client.validate("mine", "Mine", {}).workers == 1
