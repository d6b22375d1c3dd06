"""The base zygote's side of a judge: questions wait for their turn, and no answer is waited for without limit."""

from __future__ import annotations

import os
import signal
from collections import deque
from dataclasses import dataclass
from typing import Callable, Deque, Optional

from trigger_service.runner.ipc import LoopChannel, Message
from trigger_service.runner.loop import Loop

Reply = Callable[[Message], None]
#: Key of an answer that is none because somebody killed the judge: the question may be put once more.
KILLED = "killed"
#: How a process went that was killed by somebody else, most likely for want of memory.
KILLED_WORD = "killed by signal 9"


@dataclass(frozen=True)
class Question:
    """What a judge is asked, how long it may take (seconds) and where its answer goes."""

    message: Message
    limit_s: float
    reply: Reply


class Judge:
    """One judge process."""

    def __init__(self, loop: Loop, channel: LoopChannel, pid: int, on_end: Callable[[Deque[Question]], None]) -> None:
        """`on_end` gets the questions that were not put yet when the judge ended or was killed."""
        self._loop = loop
        self._channel = channel
        self._pid = pid
        self._on_end = on_end
        self._waiting: Deque[Question] = deque()
        self._asked: Optional[Question] = None
        channel.on_message = self._on_answer
        channel.on_gone = lambda: self._end(self._loop.bury(self._pid))

    def ask(self, question: Question) -> None:
        """Put a question as soon as those before it are answered."""
        self._waiting.append(question)
        if self._asked is None:
            self._ask_next()

    def give_up(self) -> Deque[Question]:
        """End the judge; gives every question that it has not answered."""
        self._loop.drop(self._channel)
        if self._pid not in self._loop.words:
            os.kill(self._pid, signal.SIGKILL)
        return self._waiting if self._asked is None else deque([self._asked, *self._waiting])

    def _ask_next(self) -> None:
        self._asked = self._waiting.popleft() if self._waiting else None
        if self._asked is not None:
            question = self._asked
            self._loop.post(self._channel, question.message)
            self._loop.later(question.limit_s, lambda: self._time_is_up(question))

    def _on_answer(self, message: Message) -> None:
        question = self._asked
        self._ask_next()
        if question is not None:
            question.reply(message)

    def _time_is_up(self, question: Question) -> None:
        if self._asked is question:
            self._loop.drop(self._channel)
            self._loop.bury(self._pid)
            self._end(f"gave no answer within {question.limit_s:g} s")

    def _end(self, word: str) -> None:
        """The question that was put fails with the judge; the others are for the next one."""
        question, waiting = self._asked, self._waiting
        self._asked, self._waiting = None, deque()
        self._on_end(waiting)
        if question is not None:
            what = "the pipeline's own code was asked about these parameters and"
            problems = [{"pointer": "/parameters", "detail": f"{what} {word}"}]
            question.reply({"problems": problems, KILLED: word == KILLED_WORD})
