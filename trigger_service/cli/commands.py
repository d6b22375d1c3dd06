"""The group `luigi-trigger`, and where each of its commands is."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from trigger_service.cli.failures import SUCCESS
from trigger_service.cli.session import token_file

#: The module of each command (which has it under its own name), in the order in which somebody comes to need them.
#: Imported when it is called for: `runs` need not wait for what `doctor` needs.
COMMANDS = {
    "init": "init",
    "up": "up",
    "doctor": "doctor",
    "pipelines": "pipelines",
    "plan": "plan",
    "run": "run",
    "runs": "runs",
    "logs": "logs",
    "cancel": "runs",
    "retry": "retry",
    "diff": "diff",
    "export": "export",
    "schedules": "schedules",
    "hooks": "hooks",
    "watches": "watches",
    "upstreams": "upstreams",
    "presets": "presets",
    "backfill": "backfill",
    "targets": "targets",
    "pools": "pools",
    "notifications": "notifications",
    "tokens": "tokens",
    "db": "db",
    "completion": "completion",
}


class Commands(click.Group):
    """Imports a command when it is called for; a reader that leaves is no error."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; gives its exit code, 0 where the reader of its output (`| head`) has had enough."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # what is still in the buffer is flushed at exit, and must find somebody who takes it
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return SUCCESS

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; None where there is none."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"trigger_service.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; raises UsageError with the nearest names for one that there is not."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            import difflib  # noqa: PLC0415 (only for mistakes)

            near = difflib.get_close_matches(args[0], COMMANDS, n=2)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(COMMANDS)}."
            ctx.fail(f"No such command {args[0]!r}. {hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--url", envvar="LUIGI_TRIGGER_URL", help="Address of the service (default: that of the current folder).")
@token_file
@click.option("--json", "as_json", is_flag=True, help="Print JSON with stable fields.")
@click.pass_context
def root(context: click.Context, /, **_options: Any) -> None:
    """Trigger Luigi pipelines, follow them, stop them."""
    if os.environ.get("NO_COLOR"):
        context.color = False
