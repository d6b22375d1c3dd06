"""Which code a run has: new code is that of the next run, and each run tells which it was."""

import subprocess

import pytest
from product import COMMAND, STEPS, Product

#: A module of its own for each, with a family that both have.
SHOP = """
import luigi

class Load(luigi.Task):
    \"\"\"Loads.\"\"\"
    owner_email = "{name}@example.org"
    tags = ["daily"]
    name = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget("out/{name}-" + self.name)
    def run(self):
        with self.output().open("w") as file:
            file.write("{name}")

class Total{name}(luigi.WrapperTask):
    name = luigi.Parameter()
    def requires(self):
        return Load(name=self.name)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The product on a project in a git checkout; each test writes modules of its own."""
    product = Product(tmp_path_factory.mktemp("code"))
    settings = product.folder / "luigi.cfg"
    settings.write_text(settings.read_text().replace("modules = steps", "modules = steps, shop, stock"))
    for name in ("shop", "stock"):
        (product.folder / f"{name}.py").write_text(SHOP.format(name=name))
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


def ask(product, method, path, **body):
    """Status and document of an answer, whatever it is."""
    answer = product.http.request(method, f"{product.url}/api/v1{path}", json=body or None, timeout=20)
    return answer.status_code, answer.json()


def command(product, *arguments):
    done = subprocess.run(
        [COMMAND, "--url", product.url, *arguments], cwd=product.folder, capture_output=True, text=True, timeout=30
    )
    return done.returncode, done.stdout, done.stderr


def test_a_pipeline_that_two_modules_have_is_picked_by_its_module(project):
    # When it is asked for by its name alone, then both are named
    load = {"pipeline": "Load", "parameters": {"name": "picked"}}
    for method, path, body in (("GET", "/pipelines/Load", {}), ("POST", "/runs", load)):
        status, problem = ask(project, method, path, **body)
        assert (status, problem["type"]) == (409, "/problems/ambiguous-pipeline")
        assert "shop (" in problem["detail"]
        assert "stock (" in problem["detail"]
    code, _, said = command(project, "run", "Load", "-p", "name=picked")
    assert (code, "stock (" in said) == (5, True)

    # When its module is said, then it is that one
    assert ask(project, "GET", "/pipelines/Load?module=stock")[1]["owner"] == "stock@example.org"
    assert ask(project, "GET", "/pipelines/Load?module=steps")[0] == 404
    code, _, _ = command(project, "run", "Load", "--module", "stock", "-p", "name=picked", "--wait")
    assert code == 0
    assert (project.folder / "out/stock-picked").read_text() == "stock"
    assert not (project.folder / "out/shop-picked").exists()


def test_what_is_known_of_a_pipeline_is_shown(project):
    shown = ask(project, "GET", "/pipelines/Load?module=shop")[1]

    assert (shown["doc"], shown["tags"], shown["file"], shown["line"]) == (
        "Loads.",
        ["daily"],
        str(project.folder / "shop.py"),
        4,
    )
    assert (shown["root"], shown["required_by"]) == (False, ["Totalshop"])
    assert (shown["cold"], shown["stale"], shown["remark"]) == ("", "", "")


def test_pipelines_of_a_module_that_has_broken_stay_listed_and_are_refused_with_the_reason(project):
    # Given a module whose pipelines are known
    total = {"pipeline": "Totalshop", "parameters": {"name": "broken"}}
    assert ask(project, "GET", "/pipelines/Totalshop")[1]["stale"] == ""
    # When it breaks
    (project.folder / "shop.py").write_text(SHOP.format(name="shop") + "\nimport no_such_thing\n")
    reason = "ModuleNotFoundError: No module named 'no_such_thing' (shop.py, line 20)"
    # Then its pipelines are listed and refused with the reason, and those of others work
    assert ask(project, "GET", "/pipelines/Totalshop")[1]["stale"] == reason
    status, problem = ask(project, "POST", "/runs", **total)
    assert (status, problem["detail"]) == (409, f"Module shop cannot be imported: {reason}")
    assert 'shop.py", line 20' in problem["traceback"]
    code, listed, said = command(project, "pipelines")
    assert (code, said) == (0, f"module shop: {reason}\n")
    assert {line.split("\t")[0]: line.split("\t")[-1] for line in listed.splitlines()} == {
        "Load": "warm",
        "Totalshop": "stale",
        "Totalstock": "warm",
        "Quick": "warm",
        "Waiting": "warm",
    }
    # When it is mended, then they are as they were
    (project.folder / "shop.py").write_text(SHOP.format(name="shop"))
    assert ask(project, "POST", "/runs", **total)[0] == 202
    assert ask(project, "GET", "/pipelines")[1]["broken"] == []
