"""Users' code: does each module import, has it tasks, does it start warm; in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trigger_service.cli.checks.finding import Finding
from trigger_service.config import Location, Settings
from trigger_service.domain.place import Place
from trigger_service.runner.bridge import BRIDGE
from trigger_service.supervisor import python_command
from trigger_service.supervisor.recipes import code_variables, configuration_files

#: Seconds that an import may take.
_LIMIT_S = 60.0
#: The oldest Luigi that the runner knows.
_LUIGI = (3, 6)
_INSPECTION = "trigger_service.runner.inspection"
#: Names of modules that a file of a project takes away from luigi and others.
_NEEDED = sys.stdlib_module_names | {"luigi", "tornado", "dateutil", "trigger_service", "yaml", "requests", "psutil"}
#: What luigi and the runner can do without, so that a file of this name does no harm.
_HARMLESS = frozenset({"this", "antigravity", "test", "idlelib", "turtledemo", "turtle", "lib2to3"})


@dataclass(frozen=True)
class _Look:
    """At one named module in one place."""

    place: Place
    module: str
    folder: Path
    command: tuple[str, ...]
    variables: Mapping[str, str]


def check_code(settings: Settings, folder: Path, inherited: Mapping[str, str]) -> Iterator[Finding]:
    """Every module of every place, as `up` started in `folder` with the variables `inherited` would import it."""
    for own in {str(folder), *(location.folder for location in settings.locations.values())}:
        yield from _shadows(Path(own))
    looks = [look for place in settings.places for look in _looks(settings, place, folder, inherited)]
    with ThreadPoolExecutor(2) as pool:
        told: dict[Finding, Place] = {}
        for look, findings in zip(looks, pool.map(lambda look: list(_inspected(look)), looks), strict=True):
            for found in findings:
                told.setdefault(found, look.place)
    for found, place in told.items():
        yield found if place.is_default else replace(found, where=f"{found.where} (in {place})")


def _looks(settings: Settings, place: Place, folder: Path, inherited: Mapping[str, str]) -> Iterator[_Look]:
    location = settings.locations.get(place.location, Location())
    start = [location.python, BRIDGE, _INSPECTION] if location.python else python_command(_INSPECTION)
    files = configuration_files(settings, place, inherited)
    above = files if len(files) > 1 else ()
    variables = code_variables(settings, place, inherited)
    own = Path(location.folder or folder)
    for module in settings.modules_of(place):
        yield _Look(place, module, own, (*start, module, *above), variables)


def _inspected(look: _Look) -> Iterator[Finding]:
    where = f"module {look.module}"
    try:
        done = subprocess.run(
            look.command,
            cwd=look.folder,
            env=look.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIMIT_S,
            check=False,
        )
        report = json.loads(done.stdout.decode(errors="replace").rstrip().rpartition("\n")[2])
    except subprocess.TimeoutExpired:
        yield Finding(
            "import-hangs",
            f"The import of {look.module} has not ended after {_LIMIT_S:.0f} s",
            where,
            "its pipelines cannot be triggered",
            "Move what takes so long out of the module's top level, into run().",
        )
    except OSError as error:
        yield _interpreter(look, str(error))
    except ValueError:
        yield _silent(look, done.returncode, done.stderr.decode(errors="replace"))
    else:
        yield from _reported(look, where, report)


def _reported(look: _Look, where: str, report: Mapping[str, Any]) -> Iterator[Finding]:
    if tuple(int(part) for part in report["luigi"].split(".")[:2]) < _LUIGI:
        yield _interpreter(look, f"it has Luigi {report['luigi']}, older than {'.'.join(map(str, _LUIGI))}")
    for broken in report["broken"]:
        yield Finding(
            "import-fails",
            f"{broken['module']} cannot be imported: {broken['reason']}",
            where,
            "its pipelines cannot be triggered",
            _mend_of_import(broken["reason"], look.folder),
        )
    if not report["broken"] and not any(report["families"].values()):
        yield Finding(
            "no-tasks",
            f"{look.module} has no tasks of its own",
            where,
            "it is named as a module with pipelines, and offers none",
            "Name the module that defines the task classes; classes that are only imported there do not count.",
        )
    if report["cold"]:
        yield Finding(
            "cold-module",
            f"Runs of {look.module} start cold: {report['cold']}",
            where,
            "each run takes some 0.3 s longer to start, and imports everything anew",
            "Open connections and start threads in run(), not when the module is imported.",
            "warning",
        )
    for module, remark in report["remarks"].items():
        mend = "Put the call under `if __name__ == '__main__':`."
        yield Finding(
            "import-remark", f"{module}: {remark}", where, "the import does more than define", mend, "warning"
        )
    families = [family for found in report["families"].values() for family in found]
    for family in sorted({family for family in families if families.count(family) > 1}):
        yield Finding(
            "family-twice",
            f"Several modules of {look.module} have a task family {family}",
            where,
            "a request by the name alone is refused, and luigi itself calls it ambiguous",
            "Rename one, or give its class a task_namespace.",
            "warning",
        )


def _mend_of_import(reason: str, folder: Path) -> str:
    if reason.startswith("ModuleNotFoundError"):
        return (
            f"Install what is missing, or correct the name: modules are looked for in {folder} and on the search path."
        )
    return "Correct the line; the next request imports it again, nothing has to be restarted."


def _silent(look: _Look, code: int, stderr: str) -> Finding:
    """The process ended without a word: the interpreter cannot do it, or the import killed it."""
    last = stderr.strip().rpartition("\n")[2]
    if "No module named 'luigi'" in last or code in (126, 127) or "No module named 'trigger_service" in last:
        return _interpreter(look, last)
    return Finding(
        "import-kills",
        f"The import of {look.module} ends its process (status {code}): {last or 'without a word'}",
        f"module {look.module}",
        "its pipelines cannot be triggered",
        f"Try it: cd {look.folder} && {look.command[0]} -c 'import {look.module}'",
    )


def _interpreter(look: _Look, reason: str) -> Finding:
    return Finding(
        "interpreter-unfit",
        f"{look.command[0]} cannot run tasks: {reason or 'it ends without a word'}",
        f"[location:{look.place.location}] python",
        "runs in this location cannot start",
        f"Install Luigi there ({look.command[0]} -m pip install 'luigi>=3.6'), or name another interpreter.",
    )


def _shadows(folder: Path) -> Iterator[Finding]:
    for entry in sorted(folder.iterdir()):
        name = entry.name.removesuffix(".py")
        is_module = entry.suffix == ".py" or (entry / "__init__.py").exists()
        if is_module and name in _NEEDED - _HARMLESS and not _is_checkout(entry):
            yield Finding(
                "shadowed-module",
                f"{entry.name} takes the place of the module {name}, which luigi and other libraries import",
                str(entry),
                "tasks, and plain `luigi` in this folder, fail in places that have nothing to do with it",
                "Give it another name.",
            )


def _is_checkout(entry: Path) -> bool:
    """Whether it is the very package that is meant: the folder is a checkout of ours."""
    return entry.resolve() == Path(BRIDGE).parents[1]
