"""Many named modules: they are imported a few at a time."""

from polling import until
from zygotes import TASK

#: Notes when the import begins and ends; it takes a moment.
IMPORT = """
import os, time
def note(word):
    with open({ledger!r}, "a") as ledger:
        ledger.write(f"{{time.monotonic()}} {{word}}\\n")
note("+1")
time.sleep(0.02)
{task}
note("-1")
"""


def most_at_once(ledger):
    """How many imports were under way at the same time."""
    now, most = 0, 0
    for line in sorted(ledger.read_text().splitlines(), key=lambda line: float(line.split()[0])):
        now += int(line.split()[1])
        most = max(most, now)
    return most


def test_of_many_modules_only_a_few_are_imported_at_once_and_all_in_the_end(tree):
    # Given
    ledger, names = tree.results / "ledger", [f"mod{number:02}" for number in range(12)]
    for name in names:
        task = TASK.format(name=f"Task{name}", default="x")
        tree.write(f"{name}.py", IMPORT.format(ledger=str(ledger), task=task))
    # When
    client = tree.start(after=["--imports", "2"]).client(*names)
    found = client.catalogue(patience_s=25.0)
    # Then each is imported twice: by the one that is kept, and by its probe
    assert {pipeline.module for pipeline in found.pipelines} == set(names)
    assert len(ledger.read_text().splitlines()) == 2 * 2 * len(names)
    assert most_at_once(ledger) <= 2 * 2


def test_modules_whose_import_does_not_end_do_not_keep_the_others_from_theirs(tree):
    # Given two of them, as many as are imported at once
    for name in ("first", "second"):
        tree.write(f"{name}.py", "import time\ntime.sleep(600)\n")
    tree.write("third.py", TASK.format(name="Third", default="x"))
    client = tree.start(after=["--imports", "2"]).client("first", "second", "third")
    # When
    found = until(lambda: client.catalogue(patience_s=8.0).pipelines, "a pipeline")
    # Then
    assert [pipeline.module for pipeline in found] == ["third"]
