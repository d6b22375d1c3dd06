"""The command `completion`, and what names the shell completes where the service is up."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem, get_completion_class, split_arg_string

from trigger_service.cli.failures import SUCCESS

if TYPE_CHECKING:
    from trigger_service.client import Client

#: Where each shell reads it from at its start.
_STARTS = {
    "bash": 'eval "$(luigi-trigger completion bash)"     in ~/.bashrc',
    "zsh": 'eval "$(luigi-trigger completion zsh)"     in ~/.zshrc, after compinit',
    "fish": "luigi-trigger completion fish > ~/.config/fish/completions/luigi-trigger.fish",
}
#: How many of the newest runs are offered.
_RUNS = 50

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]


@click.command(epilog="\n\n".join(f"\b\n{line}" for line in _STARTS.values()))
@click.argument("shell", type=click.Choice(list(_STARTS)))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print what makes a shell complete our commands.

    Also the names of pipelines and their parameters, and the ids of the newest runs, where the service is up.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(context.find_root().command, {}, "luigi-trigger", "_LUIGI_TRIGGER_COMPLETE").source())
    return SUCCESS


def _items(offered: Iterable[tuple[str, str]], begun: str) -> list[CompletionItem[str]]:
    return [CompletionItem(value, help=help_) for value, help_ in offered if value.startswith(begun)]


def _asked(
    ask: Callable[[Client, click.Context], Iterable[tuple[str, str]]],
    context: click.Context,
    _: click.Parameter,
    begun: str,
) -> list[CompletionItem[str]]:
    """What the service offers; nothing at all where it cannot be asked: a shell that completes shows no errors."""
    with contextlib.suppress(Exception):
        from trigger_service.client import Client  # noqa: PLC0415 (is slow to import)

        with Client(context.params.get("url") or context.find_root().params.get("url")) as client:
            return _items(ask(client, context), begun)
    return []


def _pipelines(client: Client, context: click.Context) -> Iterable[tuple[str, str]]:
    del context
    return [(item["family"], item["doc"].strip().partition("\n")[0]) for item in client.pipelines()["items"]]


def _parameters(client: Client, context: click.Context) -> Iterable[tuple[str, str]]:
    # an option without its value keeps click from parsing the words before it
    words = split_arg_string(os.environ["COMP_WORDS"])
    shown = client.pipeline(words[words.index(str(context.info_name)) + 1])["parameters"]
    return [(f"{parameter['name']}=", parameter["expectation"]) for parameter in shown]


def _runs(client: Client, context: click.Context) -> Iterable[tuple[str, str]]:
    del context
    return [(item["id"], f"{item['pipeline']} {item['state']}") for item in client.runs(limit=_RUNS)["items"]]


#: For `shell_complete` of the arguments and options that take them.
complete_pipelines: Complete = partial(_asked, _pipelines)
complete_parameters: Complete = partial(_asked, _parameters)
complete_runs: Complete = partial(_asked, _runs)
