"""What becomes of running runs when somebody presses Ctrl-C on the terminal of `luigi-trigger up`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from trigger_service.supervisor.probe import Probe

Stage = Literal["serving", "asked", "waiting", "cancelling", "over"]

QUESTION = """{runs} still live. Ctrl-C again cancels them, or choose:
  l  leave them running: the next start takes them up   c  cancel them
  w  wait for them, then stop                           s  go on serving
> """


class Parting:
    """The dialogue, as a machine of five stages; `say` writes to the terminal.

    serving -> asked (Ctrl-C while runs are live) -> over | waiting | cancelling | serving; waiting and cancelling are
    over when no run is live. Ctrl-C leads from each stage to the next more urgent one, and from cancelling out.
    """

    def __init__(self, probe: Probe, say: Callable[[str], None]) -> None:
        self.stage: Stage = "serving"
        self._probe = probe
        self._say = say
        self._cancelled: set[str] = set()

    def interrupt(self) -> None:
        """Ctrl-C was pressed."""
        if self.stage == "serving":
            self._ask()
        elif self.stage == "cancelling":
            self._say("\nStopping without waiting for the cancelled runs.\n")
            self.stage = "over"
        else:
            self._cancel()

    def answer(self, line: str) -> None:
        """A line was typed after the question; an empty one without its line end means that the terminal is gone."""
        choice = line.strip().lower()
        if choice == "l" or not line:
            self.stage = "over"
        elif choice == "c":
            self._cancel()
        elif choice == "w":
            self._say("Waiting for the live runs; Ctrl-C cancels them.\n")
            self.stage = "waiting"
        elif choice == "s":
            self.stage = "serving"
        else:
            self._say("l, c, w or s> ")

    def look(self) -> None:
        """See whether what is waited for has come; to be called again and again."""
        if self.stage not in ("waiting", "cancelling"):
            return
        try:
            live = self._probe.live()
            if self.stage == "cancelling":
                self._cancel_each(live.ids)
        except OSError:
            return  # the service is being started again: ask the new one
        if not live.ids:
            self.stage = "over"

    def _ask(self) -> None:
        try:
            live = self._probe.live()
        except OSError as error:
            self._say(f"\nThe service does not say which runs are live ({error}); they go on.\n")
            self.stage = "over"
            return
        if not live.ids:
            self.stage = "over"
            return
        self._say("\n" + QUESTION.format(runs=live))
        self.stage = "asked"

    def _cancel(self) -> None:
        self._say("\nCancelling the live runs; Ctrl-C stops without waiting for them.\n")
        self.stage = "cancelling"
        self.look()

    def _cancel_each(self, ids: tuple[str, ...]) -> None:
        for run_id in ids:
            if run_id not in self._cancelled:
                self._probe.cancel(run_id)
                self._cancelled.add(run_id)
