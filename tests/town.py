"""A project of small tasks on stock targets and on ours, in a real service; and what its targets hold."""

import json

from polling import until
from product import Product

#: given -> raw -> left, right -> joined; `report`, of another pipeline, is made of left. Each run of a task is counted.
STEPS = '''
import time
from pathlib import Path
import luigi
from luigi.mock import MockTarget
from luigi.parameter import ParameterVisibility
from targets import open_target

HERE = Path(__file__).parent / "data"

class Given(luigi.ExternalTask):
    name = luigi.Parameter()
    def output(self):
        return luigi.LocalTarget(f"data/{self.name}.given")

class Made(luigi.Task):
    """Writes what it reads, and its own name; counts how often it ran."""
    name = luigi.Parameter()
    def run(self):
        with open(f"{self.family()}-{self.name}.runs", "a") as ledger:
            ledger.write("x")
        texts = [target.open("r").read() for target in luigi.task.flatten(self.input())]
        with self.output().open("w") as file:
            file.write("+".join([self.family(), *texts]))
    def family(self):
        return type(self).__name__
    def output(self):
        return luigi.LocalTarget(f"data/{self.name}.{self.family()}")

class Raw(Made):
    def requires(self):
        return Given(name=self.name)
    def output(self):
        return open_target(HERE / f"{self.name}.raw")

class Left(Made):
    def requires(self):
        return Raw(name=self.name)

class Right(Made):
    def requires(self):
        return Raw(name=self.name)
    def output(self):
        return open_target(HERE / f"{self.name}.right")

class Joined(Made):
    def requires(self):
        return [Left(name=self.name), Right(name=self.name)]

class Report(Made):
    def requires(self):
        return Left(name=self.name)

class Slow(Made):
    """Reads what Joined is made of, and waits for the test before it writes."""
    def requires(self):
        return Left(name=self.name)
    def run(self):
        with self.input().open("r") as file:
            Path(f"reading-{self.name}").touch()
            while not Path(f"go-{self.name}").exists():
                time.sleep(0.02)
            with self.output().open("w") as out:
                out.write(file.read())

class Secret(Made):
    password = luigi.Parameter(visibility=ParameterVisibility.PRIVATE)
    def requires(self):
        return Raw(name=self.name)

class OverSecret(Made):
    def requires(self):
        return Secret(name=self.name, password="hunter2")

class Unmovable(Made):
    def requires(self):
        return Raw(name=self.name)
    def output(self):
        return OwnTarget(HERE / f"{self.name}.own")

class OwnTarget(luigi.Target):
    def __init__(self, path):
        self.path = str(path)
    def exists(self):
        return Path(self.path).exists()
    def open(self, mode="r"):
        return open(self.path, mode)
'''


class Town(Product):
    """The running service, and what a test asks of it."""

    def __init__(self, folder, settings=""):
        super().__init__(folder, settings)
        (folder / "steps.py").write_text(STEPS)
        self.data = folder / "data"
        self.data.mkdir(exist_ok=True)

    def build(self, *families, name):
        """Give the external file, run the pipelines to their end; gives the id of the last run."""
        (self.data / f"{name}.given").write_text("given")
        for family in families:
            run = self.trigger(family, name)
            self.reaches(run, "succeeded")
        return run

    def post(self, path, status=202, **body):
        answer = self.http.post(f"{self.url}/api/v1{path}", json=body, timeout=60)
        assert answer.status_code == status, answer.text
        return answer.json()

    def over(self, operation):
        """An operation, once nothing of it moves any more."""

        def look():
            found = self.get(f"/operations/{operation['id']}")
            return found if found["state"] not in ("moving", "undoing", "expiring") else None

        return until(look, "the operation is over", 30)

    def path(self, name):
        return str(self.data / name)

    def names(self, name):
        """What there is of a name, but for what waits in the trash."""
        return sorted(file.name.partition(".")[2] for file in self.data.glob(f"{name}.*"))

    def waiting(self):
        """Names of the files in the trash, by operation."""
        trash = self.data / ".luigi-trash"
        return {folder.name: sorted(file.name for file in folder.iterdir()) for folder in trash.glob("*")}

    def runs_of(self, family, name):
        """How often a task has run."""
        ledger = self.folder / f"{family}-{name}.runs"
        return len(ledger.read_text()) if ledger.exists() else 0

    def written(self, *urls):
        """Wait until the catalogue knows these."""
        until(lambda: set(urls) <= {each["url"] for each in self.get("/targets?limit=500")["items"]}, "written")


def told(output):
    return json.loads(output)
