"""Reading of what stands on the command line: ids, `-p name=value`, labels."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class PipelineName(click.ParamType[str]):
    """The name of a pipeline."""

    name = "NAME"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """The pipelines that there are."""
        from trigger_service.cli import completion  # noqa: PLC0415 (a shell that completes needs it, nobody else)

        return completion.complete_pipelines(ctx, param, incomplete)


class Assignment(click.ParamType[str]):
    """A parameter of a pipeline with its value."""

    name = "NAME=VALUE"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """The parameters of the pipeline that was named before."""
        from trigger_service.cli import completion  # noqa: PLC0415

        return completion.complete_parameters(ctx, param, incomplete)


#: The option of all commands that take a pipeline's parameters.
takes_parameters = click.option(
    "-p",
    "--param",
    "given",
    multiple=True,
    type=Assignment(),
    metavar="NAME=VALUE",
    help="A parameter as text (repeat it); NAME:=JSON for JSON; NAME@=FILE for the text in a file (- is stdin).",
)


def takes_place(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--location` and `--env` to a command, which gets them as `location` and `environment`."""
    named = click.option("--location", help="The code location that has it, where several have it.")
    overlay = click.option("--env", "environment", metavar="NAME", help="The environment; without it, the default one.")
    return named(overlay(command))


def takes_request(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a request that is made by itself: `request_of` makes its body of them."""
    options = (
        takes_parameters,
        takes_place,
        click.option("--preset", metavar="NAME", help="Lay the parameters over this preset of the pipeline."),
        click.option("--module", help="The module that has it, where several have a pipeline of this name."),
        click.option("--workers", type=int, help="How many tasks may run at a time ([core] workers)."),
        click.option("--priority", type=int, help="Higher goes first."),
        click.option("--pool", "pools", multiple=True, metavar="NAME", help="Hold a slot of this pool (repeat it)."),
        click.option("--label", multiple=True, metavar="NAME=VALUE", help="For finding the runs again (repeat it)."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def request_of(given: Iterable[str], label: Iterable[str], options: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a request, of its parameters, its labels and other options; those not given are left out."""
    asked = {name: value for name, value in options.items() if value not in (None, ())}
    labels = parse_labels(label)
    return {**asked, "parameters": parse_parameters(given), **({"labels": labels} if labels else {})}


class RunId(click.ParamType[str]):
    """A run's id, or the beginning of one."""

    name = "ID"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text in lower case, where it can be one."""
        if not re.fullmatch(r"[0-9a-f-]{4,36}", value.lower()):
            self.fail(f"expected a run's id, or its first characters (4 at least), not {value!r}", param, ctx)
        return value.lower()

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """The newest runs."""
        from trigger_service.cli import completion  # noqa: PLC0415

        return completion.complete_runs(ctx, param, incomplete)


def parse_parameters(given: Iterable[str]) -> dict[str, Any]:
    """Values by name: `k=v` is text, which the parameter's own class parses as on Luigi's command line; `k:=json` is
    any JSON value, `k@=file` the text in a file, whose last line end does not count: nothing private need stand in the
    list of processes. Raises click.BadParameter with everything that is wrong."""
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for text in given:
        try:
            name, value = _parameter(text)
        except ValueError as error:
            wrong.append(str(error))
            continue
        if name in values:
            wrong.append(f"{name!r} is given twice")
        values[name] = value
    if wrong:
        raise click.BadParameter("; ".join(wrong))
    return values


def parse_labels(given: Iterable[str]) -> dict[str, str]:
    """Labels by name from `k=v`; raises click.BadParameter."""
    pairs = [text.partition("=") for text in given]
    for name, separator, _ in pairs:
        if not separator or not name:
            raise click.BadParameter(f"expected NAME=VALUE, not {name!r}")
    return {name: value for name, _, value in pairs}


def _parameter(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator or not name.rstrip(":@"):
        raise ValueError(f"expected NAME=VALUE, NAME:=JSON or NAME@=FILE, not {text!r}")
    if name.endswith("@"):
        return name.removesuffix("@"), _content(name.removesuffix("@"), value)
    if not name.endswith(":"):
        return name, value
    try:
        return name.removesuffix(":"), json.loads(value)
    except ValueError as error:
        raise ValueError(f"the value of {name.removesuffix(':')!r} is not JSON: {error}") from error


def _content(name: str, file: str) -> str:
    try:
        with click.open_file(file) as stream:
            return str(stream.read()).removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the value of {name!r} cannot be read from {file}: {error}") from error
