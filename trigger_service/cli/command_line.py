"""A run as a shell command that does the same by plain Luigi. Pure: what it needs is given, nothing is looked up."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Names of variables whose value is nobody's business, and values that have a password in an address.
_PRIVATE_NAME = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL|PRIVATE|AUTH|DSN|SIGNATURE", re.IGNORECASE)
_PRIVATE_VALUE = re.compile(r"://[^/@\s]*:[^/@\s]+@")
#: What `luigi` itself takes under these names: a task's own parameter of the same name breaks its command line.
LUIGI_OWN = frozenset(
    {
        "help",
        "help_all",
        "module",
        "workers",
        "logging_conf_file",
        "log_level",
        "local_scheduler",
        "scheduler_host",
        "scheduler_port",
        "scheduler_url",
        "lock_size",
        "no_lock",
        "lock_pid_dir",
        "take_lock",
        "assistant",
        "parallel_scheduling",
        "parallel_scheduling_processes",
        "root_task",
    }
)
#: Runs a task whose parameters Luigi's command line cannot say: an empty text is the default there, for instance.
_IN_PYTHON = (
    "import json, sys; from importlib import import_module; import luigi; "
    "from luigi.task_register import Register; module, family, texts, workers, *private = sys.argv[1:]; "
    "import_module(module); texts = {**json.loads(texts), **dict(pair.split('=', 1) for pair in private)}; "
    "task = Register.get_task_cls(family).from_str_params(texts); "
    "sys.exit(not luigi.build([task], workers=int(workers), local_scheduler=True))"
)


@dataclass(frozen=True)
class Surroundings:
    """What a place gives its tasks."""

    #: Path of the interpreter; the working directory.
    python: str
    folder: str
    #: Environment variables; None for one whose value is not known here.
    variables: Mapping[str, str | None]


@dataclass(frozen=True)
class CommandLine:
    """The command, and what whoever calls it has to give."""

    text: str
    #: By variable, what it stands for.
    private: Mapping[str, str]


def command_line(run: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]], place: Surroundings) -> CommandLine:
    """The shell command for a run of the API; `parameters` are those of its pipeline in the catalogue.

    Private values are taken from variables, and the shell refuses to run it as long as one that is needed is not set.
    """
    hidden = {_variable(p["name"]): p for p in parameters if p["visibility"] != "public"}
    private = {variable: f"the private parameter {p['name']}" for variable, p in hidden.items()}
    settings = []
    for name, value in place.variables.items():
        if value is None or is_private(name, value):
            private[name] = f"the environment variable {name}"
            settings.append(f'{name}="{_needed(name, private[name])}"')
        else:
            settings.append(shlex.quote(f"{name}={value}"))
    lines = [f"cd {shlex.quote(place.folder)} &&", *(["env", *settings] if settings else [])]
    return CommandLine(_joined([*lines, *_call(run, parameters, hidden, place.python)]), private)


def is_private(name: str, value: str) -> bool:
    """Whether the value of an environment variable is not to be shown."""
    return bool(_PRIVATE_NAME.search(name) or _PRIVATE_VALUE.search(value))


def _call(
    run: Mapping[str, Any],
    parameters: Sequence[Mapping[str, Any]],
    hidden: Mapping[str, Mapping[str, Any]],
    python: str,
) -> Iterator[str]:
    known = {parameter["name"]: parameter for parameter in parameters}
    options = [option for name, text in run["texts"].items() for option in _option(name, text, known.get(name, {}))]
    if all(option is not None for option in options) and not LUIGI_OWN & set(known):
        yield f"{shlex.quote(python)} -m luigi --module {shlex.quote(run['module'])} {shlex.quote(run['pipeline'])}"
        yield from (shlex.quote(option) for option in options if option is not None)
        yield from (_given(variable, p, f"--{_dashed(p['name'])}") for variable, p in hidden.items())
        yield f"--workers {run['workers']} --local-scheduler"
        return
    yield f"{shlex.quote(python)} -c {shlex.quote(_IN_PYTHON)}"
    yield f"{shlex.quote(run['module'])} {shlex.quote(run['pipeline'])}"
    yield f"{shlex.quote(json.dumps(run['texts']))} {run['workers']}"
    yield from (_given(variable, p, p["name"]) for variable, p in hidden.items())


def _option(name: str, text: str, parameter: Mapping[str, Any]) -> list[str | None]:
    """How Luigi's command line says a value, in no words where it is the default; None where it cannot."""
    schema = parameter.get("schema", {})
    if "boolean" in schema.get("type", ()):
        value = text.lower() == "true"
        if value == schema.get("default"):
            return []
        # a flag: most boolean parameters take no value there
        return [f"--{_dashed(name)}" if value else None]
    if text == "":
        return [] if "default" in schema and schema["default"] in ("", None) else [None]
    return [f"--{_dashed(name)}={text}"]


def _given(variable: str, parameter: Mapping[str, Any], option: str) -> str:
    """An option with a value from a variable; without the variable a default holds, where there is one."""
    if parameter["required"]:
        needed = _needed(variable, f"the private parameter {parameter['name']}")
        return f'{shlex.quote(option)}="{needed}"'
    return f'${{{variable}+{shlex.quote(option)}="${variable}"}}'


def _needed(variable: str, what: str) -> str:
    return f"${{{variable}:?has to be set, to the value of {what}}}"


def _variable(parameter: str) -> str:
    return f"PRIVATE_{re.sub(r'[^A-Za-z0-9_]', '_', parameter).upper()}"


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _joined(words: Sequence[str]) -> str:
    """Words on lines of their own, as a shell reads one command."""
    return " \\\n    ".join(words)
