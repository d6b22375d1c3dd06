"""How soon code is known: the catalogue of a large project; from an edit to the first line of the next run."""

import statistics
import subprocess
import sys
import time

from benchmarks.stage import Bell

MODULES, TASKS_EACH, ROUNDS = 200, 5, 15
TASK = '''
class Task{module}x{number}(luigi.Task):
    """One of many."""
    day = luigi.DateParameter(default=datetime.date.today(), description="which day")
    name = luigi.Parameter(description="makes it another one")
    kind = luigi.ChoiceParameter(choices=["a", "b"], default="a")
    count = luigi.IntParameter(default=3)
    def requires(self):
        return {before}
    def output(self):
        return luigi.LocalTarget(f"out/{{self.name}}-{{self.day}}")
'''
#: What is edited: it rings with its version at the first line of its code.
EDITED = '''
import pyarrow
from workload import Rings, ring

VERSION = {version}

class Edited(Rings):
    """Rings with its version."""
    def run(self):
        ring(self.bell, f"first {{self.name}} of {{VERSION}}")
        super().run()
'''


def write_project(folder):
    """A package `big` of many modules, and a module `edited`."""
    (folder / "big").mkdir(parents=True)
    (folder / "big/__init__.py").touch()
    for module in range(MODULES):
        tasks = [
            TASK.format(module=module, number=number, before=_before(module, number)) for number in range(TASKS_EACH)
        ]
        (folder / f"big/m{module:03}.py").write_text("import datetime\nimport luigi\n" + "".join(tasks))
    (folder / "edited.py").write_text(EDITED.format(version=0))


def _before(module, number):
    return f"Task{module}x{number - 1}(day=self.day, name=self.name)" if number else "[]"


def catalogue(stage):
    """Seconds of the first answer with all pipelines, of a later one, and how many there are."""
    times = []
    for _ in range(2):
        began = time.perf_counter()
        items = stage.get("/pipelines")["items"]
        times.append(time.perf_counter() - began)
    return {"cold_s": times[0], "again_s": times[1], "pipelines": len(items)}


def edits(stage, folder):
    """Seconds from an edit, with a trigger after it, to the first line of the new code; and those of the import."""
    times, imports = [], []
    with Bell(f"edits-{folder.name}") as bell:
        for version in range(1, ROUNDS + 1):
            parameters = {"root": str(folder), "name": f"edit{version}", "bell": bell.name}
            began = time.perf_counter()
            (stage.folder / "edited.py").write_text(EDITED.format(version=version))
            run = stage.post("Edited", parameters=parameters)
            times.append(bell.wait(f"first edit{version} of {version}") - began)
            stage.wait(run["id"])
            imports.append(_import_s(stage))
    return times, statistics.median(imports)


def _import_s(stage):
    """What importing the module costs a process that has luigi already, as the zygote has."""
    code = "import luigi, time; began = time.perf_counter(); import edited; print(time.perf_counter() - began)"
    command = [sys.executable, "-c", code]
    return float(
        subprocess.run(command, cwd=stage.folder, env=stage.environment, stdout=subprocess.PIPE, check=True).stdout
    )
