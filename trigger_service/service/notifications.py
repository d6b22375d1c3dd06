"""The notification rules that there are: saved, paused, removed, tried. `service/sender.py` sends their messages."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection

from trigger_service.domain.audit import Change
from trigger_service.domain.errors import InvalidRequest, Problem, RuleNotFound
from trigger_service.domain.ids import uuid7
from trigger_service.domain.names import name_problems
from trigger_service.domain.notices import TEST, Message, Notice, Rule
from trigger_service.domain.signatures import SECRET_BYTES, new_secret
from trigger_service.service import outgoing
from trigger_service.service.channels import SEALED, SECRET, SIGNED, URL, Channels
from trigger_service.service.outgoing import Refused
from trigger_service.service.sender import Sender
from trigger_service.service.vault import Vault
from trigger_service.store import audit, endings
from trigger_service.store import notices as table
from trigger_service.store.engine import Database


@dataclass(frozen=True)
class Saved:
    """A rule that was saved, and the secret of its webhook where one was made for it: it is never shown again."""

    rule: Rule
    secret: str | None = None


class Notifications:
    """All rules. Safe for any thread."""

    def __init__(self, database: Database, vault: Vault, channels: Channels, sender: Sender) -> None:
        self._database = database
        self._vault = vault
        self._channels = channels
        self._sender = sender
        #: Called after each change: messages may be due that were held back.
        self.on_change: Callable[[], None] = lambda: None

    def save(self, rule: Rule, given: Mapping[str, str], actor: str) -> Saved:
        """Make a rule, or put it in the place of the one of its name; it tells of what happens from now on.

        `given` are the secrets of its channel: what is left out stays as it was, where the channel is of the same kind,
        and a webhook that has no secret gets one. Raises InvalidRequest with everything that is wrong with it.
        """
        now = time.time()
        with self._database.read() as connection:
            old = table.get(connection, rule.name)
        secrets, made = self._secrets(rule, old, given)
        self._check(rule, secrets)
        channel = replace(rule.channel, shown=_shown(rule, secrets))
        rule = rule.evolve(channel=channel, created_at=old.created_at if old else now, updated_at=now)
        with self._database.write() as connection:
            before = table.get(connection, rule.name)
            paused = before is not None and before.paused
            rule = rule.evolve(paused=paused, since=endings.newest(connection))
            table.save(connection, rule, self._vault.seal(secrets))
            done = "notification rule changed" if before else "notification rule made"
            audit.record(connection, Change(actor, done, _subject(rule.name), _told(before), _told(rule)), now)
        self.on_change()
        return Saved(rule, made)

    def pause(self, name: str, paused: bool, actor: str) -> Rule:
        """Pause or resume a rule; what happens meanwhile is not told. Raises RuleNotFound."""
        with self._changing(name) as (connection, old, now):
            if old.paused != paused:
                table.pause(connection, name, paused, endings.newest(connection), now)
                done = "notification rule paused" if paused else "notification rule resumed"
                change = Change(actor, done, _subject(name), {"paused": old.paused}, {"paused": paused})
                audit.record(connection, change, now)
        self.on_change()
        return self.get(name)

    def remove(self, name: str, actor: str) -> None:
        """Remove a rule with its messages, also those that are still to be sent. Raises RuleNotFound."""
        with self._changing(name) as (connection, old, now):
            table.remove(connection, name)
            audit.record(connection, Change(actor, "notification rule removed", _subject(name), _told(old), None), now)

    def get(self, name: str) -> Rule:
        """One of them; raises RuleNotFound."""
        with self._database.read() as connection:
            found = table.get(connection, name)
        if found is None:
            raise RuleNotFound(name=name)
        return found

    def listed(self) -> list[Rule]:
        """All of them, by name."""
        with self._database.read() as connection:
            return table.listed(connection)

    def messages(self, name: str, before: str | None, limit: int) -> list[Message]:
        """What was told by a rule and what became of it, newest first; raises RuleNotFound."""
        self.get(name)
        with self._database.read() as connection:
            return table.log(connection, name, before, limit)

    def test(self, name: str) -> Message:
        """Send a message that says that it is a test, once, and give what became of it. Raises RuleNotFound."""
        rule, now = self.get(name), time.time()
        notice = Notice(TEST, now, "", reason=f"sent to try the notification rule {name}")
        message_id = uuid7(now, os.urandom(10))
        message = Message(message_id, name, notice, f"{TEST} {message_id}", created_at=now, due_at=now, tries=1)
        after = self._sender.attempt(rule, message)
        if after.state == "pending":  # somebody looks on: it is not tried again
            after = after.evolve(state="failed", next_try_at=None, ended_at=time.time())
        with self._changing(name) as (connection, _, _):
            table.add(connection, after)
            table.prune(connection, name)
        return after

    def _secrets(self, rule: Rule, old: Rule | None, given: Mapping[str, str]) -> tuple[dict[str, str], str | None]:
        """The secrets of a channel, and the one that was made for it."""
        kept: Mapping[str, str] = {}
        if old is not None and old.channel.kind == rule.channel.kind:
            try:
                kept = self._sender.secrets(old)
            except Refused:
                kept = {}
        secrets = {**kept, **given}
        if SECRET in SEALED[rule.channel.kind] and SECRET not in secrets:
            made = new_secret(SIGNED.scheme, os.urandom(SECRET_BYTES))
            return {**secrets, SECRET: made}, made
        return secrets, None

    def _check(self, rule: Rule, secrets: Mapping[str, str]) -> None:
        problems = name_problems(rule.name, "a rule")
        faults = self._channels.faults(rule.channel, secrets)
        problems += [Problem(f"/channel/{member}", fault) for member, fault in faults]
        if problems:
            raise InvalidRequest(problems)

    @contextmanager
    def _changing(self, name: str) -> Iterator[tuple[Connection, Rule, float]]:
        with self._database.write() as connection:
            old = table.get(connection, name)
            if old is None:
                raise RuleNotFound(name=name)
            yield connection, old, time.time()


def _shown(rule: Rule, secrets: Mapping[str, str]) -> str:
    """What of the address of a channel may be seen."""
    if rule.channel.kind == "mail":
        return ", ".join(rule.channel.to)
    url = secrets[URL]
    return f"{url.partition('://')[0]}://..." if rule.channel.kind == "apprise" else outgoing.shown(url)


def _subject(name: str) -> str:
    return f"notification rule {name}"


def _told(rule: Rule | None) -> dict[str, Any] | None:
    """What the record of changes says of a rule: nothing of what is secret."""
    if rule is None:
        return None
    told = asdict(rule)
    return {name: value for name, value in told.items() if name not in ("name", "since", "created_at", "updated_at")}
