"""What each case expects: the constant EXPECT of its module, read without importing the module."""

import ast
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

CASES = Path(__file__).with_name("cases")
#: Modules beside the cases that are none.
HELPERS = {"__init__", "ledger"}


@dataclass(frozen=True)
class Expectation:
    """One row of the table, and what a round of it must show. What only Luigi does otherwise begins with `plain_`."""

    #: What plain `luigi` does, and what Luigi Trigger reports, in a sentence each.
    plain: str
    reports: str
    state: str
    #: Number of tasks by status.
    tasks: dict[str, int]
    #: The lines of the ledger (sorted, unless `in_order`), or where there are many, their number.
    ran: list[str] | int
    root: str = "Root"
    #: Whether the families begin with the name of the module, so that no two cases have the same.
    namespaced: bool = True
    parameters: dict[str, Any] = field(default_factory=dict)
    workers: int = 1
    #: Files that are there before, below the case's folder.
    before: dict[str, str] = field(default_factory=dict)
    #: Once the first of these stands in the ledger: make the file, or send Root the message, that the second names.
    when: list[list[str]] = field(default_factory=list)
    in_order: bool = False
    #: Whether targets vouch for the success.
    verified: bool = True
    #: Type, a part of the message, and the task, of a failed run's error.
    error: list[str] | None = None
    #: Parts of lines that the log has, by task; "" for lines of none.
    log: dict[str, list[str]] = field(default_factory=dict)
    #: What is said of a task, by its name: equal, or for a text a part of it.
    details: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Files that differ between the two, or that only one has.
    differing: list[str] = field(default_factory=list)
    #: The dependencies by task, where plain luigi's scheduler knows others.
    graph: dict[str, list[str]] | None = None
    plain_ran: list[str] | int | None = None
    #: Statuses in plain luigi's scheduler.
    plain_tasks: dict[str, int] | None = None
    #: None where the command never ends.
    plain_exit: int | None = 0
    #: The face at the end of the summary; None where there is no summary.
    plain_face: str | None = ""
    #: Whether what the tasks print is the same.
    same_output: bool = True
    #: What differs in a second round, and a third ...
    then: list[dict[str, Any]] = field(default_factory=list)

    def rounds(self) -> list["Expectation"]:
        """This round and those that follow."""
        found = [replace(self, then=[])]
        for changes in self.then:
            found.append(replace(found[-1], **{"before": {}, **changes}))
        return found


def names() -> list[str]:
    """The names of all cases."""
    return sorted(path.stem for path in CASES.glob("*.py") if path.stem not in HELPERS)


def read(name: str) -> Expectation:
    """The expectation of a case."""
    for statement in ast.parse((CASES / f"{name}.py").read_text()).body:
        if isinstance(statement, ast.Assign) and statement.targets[0].id == "EXPECT":
            return Expectation(**ast.literal_eval(statement.value))
    raise AssertionError(f"{name}.py has no EXPECT")


def title(name: str) -> str:
    """The first sentence of a case's docstring."""
    return ast.get_docstring(ast.parse((CASES / f"{name}.py").read_text())).partition("\n\n")[0].replace("\n", " ")
