"""Targets looked at, moved and put back by real children of a real zygote."""

import os
import threading
import time
from pathlib import Path

import pytest
from polling import until
from zygotes import Tree

from trigger_service.domain.ids import uuid7
from trigger_service.domain.moves import Order, Piece
from trigger_service.domain.place import Place
from trigger_service.domain.spec import RunSpec
from trigger_service.launchers.places import Places
from trigger_service.launchers.planner import LocalPlanner

TASKS = """
import os
import time
from pathlib import Path
import luigi
from luigi.mock import MockTarget
from luigi.parameter import ParameterVisibility
from targets import open_target

class Stock(luigi.Task):
    name = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget(f"out/{self.name}")
    def run(self):
        raise AssertionError("nothing is run")

class Ours(Stock):
    def output(self):
        return open_target(Path("out", self.name).absolute())

class Several(Stock):
    def output(self):
        return {"one": luigi.LocalTarget(f"out/{self.name}.1"), "two": open_target(f"out/{self.name}.2")}

class Mock(Stock):
    def output(self):
        return MockTarget(self.name)

class Given(luigi.ExternalTask):
    name = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget(f"out/{self.name}")

class Unsayable(Stock):
    def output(self):
        raise ValueError("today I cannot")

class Nothing(luigi.Task):
    name = luigi.Parameter()
    def complete(self):
        return True

class Wraps(luigi.WrapperTask):
    name = luigi.Parameter()

class Secretive(Stock):
    password = luigi.Parameter(visibility=ParameterVisibility.PRIVATE)
    def output(self):
        return luigi.LocalTarget(f"out/{len(self.password)}-{self.name}")

class Telling(Secretive):
    def output(self):
        return luigi.LocalTarget(f"out/of-{self.password}")

class SlowTarget(luigi.LocalTarget):
    def trash(self, operation):
        Path(self.path + ".began").touch()
        while not Path(self.path + ".go").exists():
            time.sleep(0.01)
        os.rename(self.path, f"{self.path}.{operation}")
    def trashed(self, operation):
        return os.path.exists(f"{self.path}.{operation}")
    def restore(self, operation):
        os.rename(f"{self.path}.{operation}", self.path)
    def purge(self, operation):
        os.unlink(f"{self.path}.{operation}")
    def size(self):
        return None

class Slow(Stock):
    def output(self):
        return SlowTarget(f"out/{self.name}")

class Dies(Stock):
    def output(self):
        os._exit(1)
"""


class Mover:
    """A project with a planner on it, and what its children said."""

    def __init__(self, folder):
        self.tree = Tree(folder, "")
        self.tree.write("moved.py", TASKS)
        self.tree.start()
        self.planner = LocalPlanner(self.tree.home, Places({Place(): self.tree.client("moved")}))
        self.out = self.tree.project / "out"

    def put(self, name, text="old"):
        self.out.mkdir(exist_ok=True)
        (self.out / name).write_text(text)
        return str(self.out / name)

    def order(self, operation, verb, *pieces, secrets=None):
        """Give an order; what was said of each target, and why it was cut."""
        run_id = uuid7(time.time(), os.urandom(10))
        spec = RunSpec(run_id, 0, "moved", "Stock", {}, "", deadline=time.time() + 30)
        said = []
        cut = self.planner.move(spec, secrets or {}, Order(operation, verb, pieces), said.extend, lambda: False)
        return [(each.piece, each.status, each.url, each.bytes, each.why) for each in said], cut


@pytest.fixture(scope="module")
def mover(tmp_path_factory):
    made = Mover(tmp_path_factory.mktemp("moves"))
    yield made
    left = made.tree.close()
    assert not left, f"left behind: {left}"


@pytest.fixture
def operation():
    return uuid7(time.time(), os.urandom(10))


def piece(family, name, *targets, **more):
    return Piece(family, {"name": name}, targets, **more)


def test_targets_of_stock_and_ours_are_looked_at_moved_and_put_back(mover, operation):
    stock, ours = mover.put("a"), mover.put("b", "ours")
    looked = mover.order(operation, "look", piece("Stock", "a", "out/a"), piece("Ours", "b", ours))
    assert looked == ([(0, "movable", stock, 3, ""), (1, "movable", ours, 4, "")], "")

    pieces = [piece("Stock", "a", stock), piece("Ours", "b", ours)]
    for _ in range(2):  # it may be repeated
        assert [said[1] for said in mover.order(operation, "trash", *pieces)[0]] == ["trashed", "trashed"]
    assert sorted(os.listdir(mover.out / ".luigi-trash" / operation)) == ["a", "b"]  # noqa: PTH208
    assert [said[1] for said in mover.order(operation, "look", *pieces)[0]] == ["absent", "absent"]
    assert [said[1] for said in mover.order(operation, "look_back", *pieces)[0]] == ["waiting", "waiting"]

    for _ in range(2):
        assert [said[1] for said in mover.order(operation, "restore", *pieces)[0]] == ["restored", "restored"]
    assert [Path(path).read_text() for path in (stock, ours)] == ["old", "ours"]
    assert [said[1] for said in mover.order(operation, "look_back", *pieces)[0]] == ["back", "back"]


def test_what_was_built_again_stays_and_what_waits_can_be_deleted(mover, operation):
    pieces = [piece(family, name, mover.put(name)) for family, name in (("Stock", "c"), ("Ours", "d"))]
    mover.order(operation, "trash", *pieces)
    mover.put("c", "new")
    mover.put("d", "new")

    for verb in ("look_back", "restore"):
        assert [said[1] for said in mover.order(operation, verb, *pieces)[0]] == ["taken", "taken"], verb
    assert [said[1] for said in mover.order(operation, "purge", *pieces)[0]] == ["purged", "purged"]
    assert not (mover.out / ".luigi-trash" / operation).exists()
    assert (mover.out / "c").read_text() == "new"
    Path(mover.out, "c").unlink()
    assert mover.order(operation, "look_back", pieces[0])[0][0][1] == "lost"


def test_a_task_is_looked_at_with_all_its_outputs(mover, operation):
    mover.put("e.1")
    said, _ = mover.order(operation, "look", piece("Several", "e", "out/e.1"))
    assert [each[1:4] for each in said] == [
        ("movable", str(mover.out / "e.1"), 3),
        ("absent", str(mover.out / "e.2"), None),
    ]


@pytest.mark.parametrize(
    ("family", "names", "why"),
    [
        ("Mock", ["f"], "a MockTarget cannot be moved"),
        ("Stock", ["elsewhere/f"], "its code of now has other outputs than the one on record: out/f"),
        ("Unsayable", ["out/f"], "its code of now cannot say: ValueError: today I cannot"),
        ("Secretive", ["out/6-f"], "it has private parameters (password), whose values are on no record"),
        ("Gone", ["out/f"], "There is no pipeline 'Gone'"),
        ("Nothing", [], "it has no output that could be moved, and a complete() of its own"),
    ],
)
def test_what_cannot_be_moved_is_told_with_the_reason(mover, operation, family, names, why):
    ((_, status, _, _, told),), cut = mover.order(operation, "look", piece(family, "f", *names))
    assert (status, cut) == ("cannot", "")
    assert why in told


def test_external_data_is_kept_and_wrappers_have_nothing_to_move(mover, operation):
    mover.put("g")
    said, _ = mover.order(operation, "look", piece("Given", "g", "out/g"), piece("Wraps", "g"))
    assert [each[1] for each in said] == ["kept"]


def test_the_root_gets_its_private_values_and_nobody_else_does(mover, operation):
    mover.put("6-h")
    given = {"password": "secret"}
    asked = [piece("Secretive", "h", "out/6-h", root=True), piece("Secretive", "h", "out/6-h")]
    said, _ = mover.order(operation, "look", *asked, secrets=given)
    assert [each[1] for each in said] == ["movable", "cannot"]


def test_nothing_is_kept_under_a_name_that_gives_a_private_value_away(mover, operation):
    mover.put("of-hunter2")
    asked = piece("Telling", "h", root=True)
    ((_, status, url, _, why),), _ = mover.order(operation, "look", asked, secrets={"password": "hunter2"})
    assert (status, "hunter2" in url + why) == ("cannot", False)
    assert "a private value is part of its name" in why


def test_files_are_put_back_whatever_became_of_the_code(mover, operation):
    path = mover.put("i")
    mover.order(operation, "trash", piece("Stock", "i", path))
    assert mover.order(operation, "restore", piece("Gone", "i", path))[0][0][1] == "restored"
    assert Path(path).read_text() == "old"


def test_a_child_that_dies_cuts_the_order_short_and_the_rest_can_be_asked_again(mover, operation):
    path = mover.put("j")
    said, cut = mover.order(operation, "trash", piece("Stock", "j", path), piece("Dies", "j", "out/j"))
    assert [each[1] for each in said] == ["trashed"]
    assert cut


def test_a_child_that_a_killed_service_has_left_behind_makes_no_further_move(mover, operation):
    # Given a child in the middle of a move, with another one to make
    paths = [mover.put("k"), mover.put("l")]
    pieces = [piece("Slow", "k", paths[0]), piece("Stock", "l", paths[1])]
    first = threading.Thread(target=mover.order, args=[operation, "trash", *pieces])
    first.start()
    until(Path(f"{paths[0]}.began").exists, "the first move")

    # When the next service puts back what it knows of
    after = LocalPlanner(mover.tree.home, Places({Place(): mover.tree.client("moved")}))
    second = []
    spec = RunSpec(uuid7(time.time(), os.urandom(10)), 0, "moved", "", {}, "", deadline=time.time() + 30)
    order = Order(operation, "restore", tuple(pieces))
    putting = threading.Thread(target=lambda: after.move(spec, {}, order, second.extend, lambda: False))
    putting.start()
    Path(f"{paths[0]}.go").touch()
    putting.join()
    first.join()

    # Then it waits for that move, and there is no other
    assert [said.status for said in second] == ["restored", "restored"]
    assert [Path(path).read_text() for path in paths] == ["old", "old"]
