"""Which code a run has: new code is that of the next run, and each run tells which it was."""

import subprocess

import pytest
from product import STEPS, Product


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The product on a project in a git checkout; each test writes modules of its own."""
    product = Product(tmp_path_factory.mktemp("code"))
    git(product, "init", "--quiet")
    commit(product)
    try:
        yield product.start()
    finally:
        product.end()


def git(product, *arguments):
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    done = subprocess.run(["git", *who, *arguments], cwd=product.folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(product):
    git(product, "add", "steps.py", "luigi.cfg")
    git(product, "commit", "--quiet", "--message", "as it is now")
    return git(product, "rev-parse", "HEAD")


def code(product, name):
    """What a run that has ended tells of its code."""
    run_id = product.trigger("Quick", name)
    product.reaches(run_id, "succeeded")
    return product.get(f"/runs/{run_id}")["code"]


def test_a_run_tells_the_commit_of_its_code_and_whether_that_is_all_of_it(project):
    # Given code as it was committed
    first = git(project, "rev-parse", "HEAD")
    clean = code(project, "clean")
    # When it is edited, and then committed
    (project.folder / "steps.py").write_text(STEPS + "\n# edited\n")
    edited = code(project, "edited")
    second = commit(project)
    committed = code(project, "committed")
    # Then each run has told which it was
    assert (clean["commit"], clean["dirty"]) == (first, False)
    assert (edited["commit"], edited["dirty"]) == (first, True)
    assert (committed["commit"], committed["dirty"]) == (second, False)
    assert clean["fingerprint"] != edited["fingerprint"] == committed["fingerprint"]
