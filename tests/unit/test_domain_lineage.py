"""What was made from what: walked over the writes on record, up and down, as far as is wanted."""

import pytest

from trigger_service.domain.lineage import lineage
from trigger_service.domain.target_writes import TargetInput, TargetWrite


class Shelf:
    """An archive of a few writes, in the order of their times; the last of a URL is the current one."""

    def __init__(self, *told):
        self.writes = []
        for number, (url, version, inputs) in enumerate(told, start=1):
            last = all(url != other for other, _, _ in told[number:])
            read = tuple(TargetInput(*source.split("@")) for source in inputs)
            at = {"time": float(number), "current": last, "inputs": read, "id": number}
            task = {"task_id": f"T{number}", "family": "T", "module": "m", "pipeline": "P", "parameters": {}}
            place = {"location": "default", "environment": "default"}
            self.writes.append(TargetWrite(url, version, f"run{number}", 1, **task, **place, **at))

    def _last(self, wanted):
        return next((write for write in reversed(self.writes) if wanted(write)), None)

    def foresee(self, sources):
        """Nothing is looked up here."""

    def newest(self, url):
        return self._last(lambda write: write.url == url)

    def of_version(self, url, version):
        return self._last(lambda write: (write.url, write.version) == (url, version))

    def before(self, url, time):
        return self._last(lambda write: write.url == url and write.time <= time)

    def readers(self, url, limit):
        current = [write for write in reversed(self.writes) if write.current]
        return [(write, source) for write in current for source in write.inputs if source.url == url][:limit]


def walked(shelf, url, direction="both", depth=10, limit=100):
    """Nodes as `url@version state`, edges as `source > made`, and whether it was cut."""
    found = lineage(shelf, url, direction, depth, limit)
    name = {key: f"{key[0]}@{key[1]}" for key in found.nodes}
    nodes = [f"{name[key]} {node.state}" for key, node in found.nodes.items()]
    return nodes, [f"{name[source]} > {name[made]}" for source, made in found.edges], found.cut


CHAIN = Shelf(("raw", "1", []), ("facts", "1", ["raw@1"]), ("report", "1", ["facts@1", "names@x"]))


def test_up_are_all_that_it_was_made_from_and_what_nobody_is_known_to_have_written():
    nodes, edges, cut = walked(CHAIN, "report", "up")
    assert nodes == ["report@1 current", "facts@1 current", "names@x unknown", "raw@1 current"]
    assert edges == ["facts@1 > report@1", "names@x > report@1", "raw@1 > facts@1"]
    assert not cut


def test_down_is_all_that_was_made_of_it():
    nodes, edges, _ = walked(CHAIN, "raw", "down")
    assert nodes == ["raw@1 current", "facts@1 current", "report@1 current"]
    assert edges == ["raw@1 > facts@1", "facts@1 > report@1"]


def test_in_the_middle_are_both():
    assert walked(CHAIN, "facts")[1] == ["raw@1 > facts@1", "facts@1 > report@1"]


def test_what_was_written_anew_since_it_was_read_is_superseded():
    # Given a report of the first version of the facts, of which there is a second
    shelf = Shelf(("facts", "1", []), ("report", "1", ["facts@1"]), ("facts", "2", []))
    # Then that version is superseded, seen from either end
    assert walked(shelf, "report", "up")[0] == ["report@1 current", "facts@1 superseded"]
    assert walked(shelf, "facts", "down") == (
        ["facts@2 current", "facts@1 superseded", "report@1 current"],
        ["facts@1 > report@1"],
        False,
    )


def test_of_a_version_that_nobody_wrote_it_counts_whether_something_newer_is_known():
    # a file that somebody put there by hand, before or after the write that is on record
    before = Shelf(("report", "1", ["facts@mine"]), ("facts", "2", []))
    after = Shelf(("facts", "1", []), ("report", "1", ["facts@mine"]))
    assert walked(before, "report", "up")[0][1] == "facts@mine superseded"
    assert walked(after, "report", "up")[0][1] == "facts@mine unknown"


def test_an_input_without_a_version_is_what_was_there_by_then():
    shelf = Shelf(("facts", "1", []), ("report", "1", ["facts"]), ("facts", "2", []), ("late", "1", ["facts", "gone"]))
    assert walked(shelf, "report", "up")[0][1] == "facts@1 superseded"
    assert walked(shelf, "late", "up")[0][1:] == ["facts@2 current", "gone@ unknown"]


def test_only_what_is_still_current_is_followed_down():
    shelf = Shelf(("raw", "1", []), ("facts", "1", ["raw@1"]), ("facts", "2", []))
    assert walked(shelf, "raw", "down")[1] == []


def test_what_was_only_read_has_a_lineage_and_what_is_not_known_at_all_has_none():
    assert walked(CHAIN, "names") == (["names@ unknown", "names@x unknown", "report@1 current"], ["names@x > report@1"],
                                      False)  # fmt: skip
    assert lineage(CHAIN, "other", "both", 10, 100) is None


@pytest.mark.parametrize(("direction", "url"), [("up", "3"), ("down", "0")])
def test_depth_and_number_are_bounded_and_it_is_said_that_there_is_more(direction, url):
    shelf = Shelf(("0", "1", []), *[(str(n), "1", [f"{n - 1}@1"]) for n in range(1, 4)])
    assert (len(walked(shelf, url, direction)[0]), walked(shelf, url, direction)[2]) == (4, False)
    assert (len(walked(shelf, url, direction, depth=3)[0]), walked(shelf, url, direction, depth=3)[2]) == (4, False)
    assert (len(walked(shelf, url, direction, depth=2)[0]), walked(shelf, url, direction, depth=2)[2]) == (3, True)
    assert (len(walked(shelf, url, direction, limit=2)[0]), walked(shelf, url, direction, limit=2)[2]) == (2, True)


def test_what_reads_itself_is_walked_once():
    shelf = Shelf(("log", "1", []), ("log", "2", ["log@1"]))
    assert walked(shelf, "log")[0] == ["log@2 current", "log@1 superseded"]
