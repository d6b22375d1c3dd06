"""Sends what is written down to be sent, and writes down what became of it. At least once: a kill may send again."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence

from trigger_service.domain.errors import TriggerError
from trigger_service.domain.failpoints import fail_point
from trigger_service.domain.notices import Message, Rule, tried_in_vain
from trigger_service.service.channels import Channels, TryLater
from trigger_service.service.counters import Counters
from trigger_service.service.lastlines import LastLines
from trigger_service.service.outgoing import NotSent, Refused
from trigger_service.service.vault import Vault
from trigger_service.store import notices as table
from trigger_service.store.engine import Database

log = logging.getLogger(__name__)

#: Messages that are on their way at once, each of another rule: one receiver that does not answer holds up no other.
_AT_ONCE = 8
#: Seconds after which somebody else may send a message that one has begun to send: longer than any channel takes.
_LEASE_S = 120.0
#: Seconds that an end waits for messages that are on their way.
_GRACE_S = 2.0


class Sender:
    """Sends in threads of its own. `look` is for one thread."""

    def __init__(
        self,
        *,
        database: Database,
        counters: Counters,
        vault: Vault,
        channels: Channels,
        last_lines: LastLines,
        intervals: Sequence[float],
        wake: Callable[[], None],
    ) -> None:
        """`intervals`: seconds from each try in vain to the next; `wake` is called when another look makes sense."""
        self._database = database
        self._counters = counters
        self._vault = vault
        self._channels = channels
        self._last_lines = last_lines
        self._intervals = tuple(intervals)
        self._wake = wake
        self._on_their_way: dict[str, threading.Thread] = {}

    def look(self, now: float) -> float | None:
        """Begin to send what is due; when the next one is, None for not before somebody wakes."""
        self._on_their_way = {rule: thread for rule, thread in self._on_their_way.items() if thread.is_alive()}
        while len(self._on_their_way) < _AT_ONCE and self._begin_next(now):
            pass
        with self._database.read() as connection:
            return table.next_try_at(connection, now)

    def stop(self) -> None:
        """Wait a little for what is on its way; what does not arrive meanwhile is sent again by the next start."""
        until = time.monotonic() + _GRACE_S
        for thread in self._on_their_way.values():
            thread.join(max(0.0, until - time.monotonic()))

    def attempt(self, rule: Rule, message: Message) -> Message:
        """Send a message now, and give what has become of it; stores nothing."""
        try:
            message = message.evolve(notice=self._last_lines.added_to(message.notice))
            self._channels.send(rule.channel, self.secrets(rule), message)
        except Refused as error:
            return message.evolve(state="failed", last_error=str(error), next_try_at=None, ended_at=time.time())
        except TryLater as error:
            return self._put_off(message, str(error), error.seconds)
        except NotSent as error:
            return self._put_off(message, str(error))
        except Exception as error:  # its text, or its traceback, might have an address in it
            kind = type(error).__name__
            log.error("sending a message failed: %s", kind, extra={"action": "message_failed"})  # noqa: TRY400
            return self._put_off(message, f"an error that was not expected: {kind}")
        return message.evolve(state="sent", last_error="", next_try_at=None, ended_at=time.time())

    def _put_off(self, message: Message, reason: str, rest_s: float = 0.0) -> Message:
        luck = random.random()  # noqa: S311 (no secret)
        return tried_in_vain(message, reason, time.time(), intervals=self._intervals, luck=luck, rest_s=rest_s)

    def secrets(self, rule: Rule) -> dict[str, str]:
        """What is sealed of a rule's channel, in clear; raises Refused where the key was lost."""
        with self._database.read() as connection:
            sealed = table.sealed(connection, rule.name)
        try:
            return self._vault.opened(sealed) if sealed else {}
        except ValueError:
            reason = "its address was sealed with another key file; put that back, or save the rule with its address"
            raise Refused(reason) from None

    def _begin_next(self, now: float) -> bool:
        """Take the next message, unless somebody else does, and send it in a thread; whether there was one."""
        with self._database.read() as connection:
            message = table.due(connection, now, self._on_their_way)
            rule = None if message is None else table.get(connection, message.rule)
        if message is None or rule is None:
            return False
        taken = message.evolve(tries=message.tries + 1, next_try_at=now + _LEASE_S)
        with self._database.write() as connection:
            if not table.settle(connection, message, taken):
                return True
        fail_point("before a message is sent")
        thread = threading.Thread(target=self._send, args=(rule, taken), name=f"message to {rule.name}", daemon=True)
        self._on_their_way[rule.name] = thread
        thread.start()
        return True

    def _send(self, rule: Rule, taken: Message) -> None:
        try:
            after = self.attempt(rule, taken)
            fail_point("after a message is sent")
            with self._database.write() as connection:
                settled = table.settle(connection, taken, after)
            if settled and after.state != "pending":
                self._counters.add_messages(after.state)
            if after.state != "sent":
                told = {"action": "message_not_sent", "rule": rule.name}
                log.warning("a message of rule %s was not sent: %s", rule.name, after.last_error, extra=told)
        except TriggerError as error:
            log.warning("what became of a message cannot be stored: %s", error, extra={"action": "message_delayed"})
        finally:
            self._wake()
