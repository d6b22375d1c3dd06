"""What the cases share: a folder for the files of each, and in it a ledger of every `run()` that was entered."""

from pathlib import Path

import luigi


def place(task, name=None):
    """A file in the folder of the task's case; without a name it is called like the task."""
    return luigi.LocalTarget(f"{case(task)}/{name or label(task)}")


def note(task, word=""):
    """Write a line into the ledger: the task, and `word` where one is given."""
    folder = Path(case(task))
    folder.mkdir(exist_ok=True)
    with (folder / "ledger").open("a") as file:
        file.write(f"{label(task)} {word}".strip() + "\n")


def write(task, name=None):
    """Note that the task runs, and write its file."""
    note(task)
    with place(task, name).open("w") as file:
        file.write(label(task))


class Written:
    """A task that does nothing but write its file."""

    def output(self):
        return place(self)

    def run(self):
        write(self)


def case(task):
    """The name of the case that a task belongs to."""
    return task.task_module.rpartition(".")[2]


def label(task):
    """The name of the task's class, with its parameters."""
    values = ",".join(str(value) for _, value in sorted(task.to_str_params().items()))
    return type(task).__name__ + (f"({values})" if values else "")
