"""Luigi's own tests of its targets, on ours; S3 is a real server."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fetching import ROOT, luigi_source

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

NO_FILE_SYSTEM = "a target in S3 is no file system: it has move() and copy() of its own"
#: What ours does otherwise on purpose, and why.
DIFFERENT: dict[str, dict[str, str]] = {
    "test/local_target_test.py": {},
    "test/contrib/s3_test.py::TestS3Target": {
        "test_move_on_fs": NO_FILE_SYSTEM,
        "test_rename_dont_move_on_fs": NO_FILE_SYSTEM,
    },
}
#: How many tests these have, at least; TestS3Client beside TestS3Target asks Luigi's own client, which ours has not.
TESTS = {"test/local_target_test.py": 80, "test/contrib/s3_test.py::TestS3Target": 25}


@pytest.fixture
def outcomes(tmp_path, s3):
    """Runs tests of Luigi, in a copy of its source distribution; gives the outcome of each by its name."""
    shutil.copytree(luigi_source(), tmp_path / "luigi")

    def run(tests, ours):
        told = tmp_path / f"outcomes-{ours}"
        environment = {
            **{name: value for name, value in os.environ.items() if name.startswith("AWS_")},
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{Path(__file__).parent}:{ROOT}:{tmp_path / 'luigi' / 'test'}",
            "TMPDIR": str(tmp_path),
            "OUTCOMES": str(told),
            "OURS": "yes" if ours else "",
        }
        options = ["-q", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider", "-p", "our_targets"]
        command = [sys.executable, "-m", "pytest", *options, "-p", "no:randomly", tests]
        done = subprocess.run(command, cwd=tmp_path / "luigi", env=environment, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr[-3000:]
        lines = [line.split(" ", 2) for line in told.read_text().splitlines()]
        results = {test: outcome for when, outcome, test in lines if when == "call" or outcome == "failed"}
        return results, done.stdout

    return run


@pytest.mark.parametrize("tests", DIFFERENT)
def test_a_target_does_what_luigis_tests_say_but_for_what_is_listed(outcomes, tests):
    # When all are run on ours
    results, told = outcomes(tests, ours=True)
    failed = {test.rpartition("::")[2] for test, outcome in results.items() if outcome == "failed"}
    # Then those that are listed fail, and the others do, or fail on Luigi's own target too
    assert len(results) >= TESTS[tests], told[-3000:]
    assert failed >= DIFFERENT[tests].keys()
    if strange := failed - DIFFERENT[tests].keys():
        results, _ = outcomes(tests, ours=False)
        strange -= {test.rpartition("::")[2] for test, outcome in results.items() if outcome == "failed"}
    assert not strange, told[-6000:]
