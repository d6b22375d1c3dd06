"""The tables of notification rules and of their messages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects.sqlite import insert

from trigger_service.domain.notices import Channel, Message, Notice, Rule
from trigger_service.domain.run import Run
from trigger_service.store.notice_tables import messages, notification_rules
from trigger_service.store.tables import fires, runs, schedules

#: Messages of a rule that are kept, besides those that are still to be sent.
KEPT = 1000
#: Seconds from now after which a message was not written down before now: those of one look are apart by a little.
_AHEAD_S = 60.0
_RULES = [column for column in notification_rules.c if column.name != "sealed"]
_COLUMNS = [column for column in messages.c if column.name not in ("event", "run_id", "fold")]
_OF_RUN = (runs.c.identity, runs.c.texts, runs.c.state, runs.c.reason.label("run_reason"))
_LISTED = select(*_RULES).order_by(notification_rules.c.name)
_NEWEST = (
    select(*_COLUMNS)
    .where(
        messages.c.rule == bindparam("of_rule"),
        messages.c.fold == bindparam("of_fold"),
        messages.c.folded_into.is_(None),
        messages.c.created_at <= bindparam("latest"),
    )
    .order_by(messages.c.due_at.desc())
    .limit(1)
)
# in so many words, for SQLite to know that the index of those that are pending will do
_IS_PENDING = text("messages.state = 'pending'")
_PENDING = (
    select(*_COLUMNS)
    .join(notification_rules, notification_rules.c.name == messages.c.rule)
    .where(_IS_PENDING, notification_rules.c.paused.is_(False))
    .order_by(messages.c.next_try_at)
    .limit(1)
)
_DUE = _PENDING.where(
    messages.c.next_try_at <= bindparam("now"), messages.c.rule.not_in(bindparam("without", expanding=True))
)
_UPCOMING = _PENDING.where(messages.c.next_try_at > bindparam("now"))


def get(connection: Connection, name: str) -> Rule | None:
    """One of them; None for none of this name."""
    row = connection.execute(select(*_RULES).where(notification_rules.c.name == name)).first()
    return None if row is None else _rule(row)


def sealed(connection: Connection, name: str) -> str:
    """What is sealed of a rule's channel; empty where there is nothing."""
    found = connection.execute(select(notification_rules.c.sealed).where(notification_rules.c.name == name)).scalar()
    return found or ""


def listed(connection: Connection) -> list[Rule]:
    """All of them, by name."""
    return [_rule(row) for row in connection.execute(_LISTED)]


def save(connection: Connection, rule: Rule, secrets: str) -> None:
    """Store a rule in the place of the one of its name, if there is one; `secrets` are sealed."""
    row = {**vars(rule), "channel": asdict(rule.channel), "sealed": secrets}
    statement = insert(notification_rules).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))


def pause(connection: Connection, name: str, paused: bool, since: int, now: float) -> None:
    """Store whether a rule is paused, since which end of a run."""
    changes = {"paused": paused, "since": since, "updated_at": now}
    connection.execute(update(notification_rules).where(notification_rules.c.name == name).values(changes))


def remove(connection: Connection, name: str) -> None:
    """Remove a rule with its messages."""
    connection.execute(delete(messages).where(messages.c.rule == name))
    connection.execute(delete(notification_rules).where(notification_rules.c.name == name))


def is_told(connection: Connection, rule: str, key: str) -> bool:
    """Whether a thing is on record."""
    wanted = select(messages.c.id).where(messages.c.rule == rule, messages.c.key == key)
    return connection.execute(wanted).first() is not None


def add(connection: Connection, message: Message) -> None:
    """Store a message. One whose key is on record must not be added."""
    connection.execute(messages.insert(), _row(message))


def prune(connection: Connection, rule: str) -> None:
    """Have the oldest messages go where a rule has too many."""
    mine = messages.c.rule == rule
    oldest = select(messages.c.id).where(mine).order_by(messages.c.id.desc()).offset(KEPT).limit(1)
    past = messages.c.id <= oldest.scalar_subquery()
    connection.execute(delete(messages).where(mine, past, messages.c.state != "pending"))


def newest(connection: Connection, rule: str, fold: str, now: float) -> Message | None:
    """The last message of a fold that is sent itself, or is to be; none from before a clock was put back."""
    row = connection.execute(_NEWEST, {"of_rule": rule, "of_fold": fold, "latest": now + _AHEAD_S}).first()
    return None if row is None else _message(row)


def stand_for(connection: Connection, message_id: str, notice: Notice) -> None:
    """Store what a message that stands for several tells now."""
    connection.execute(update(messages).where(messages.c.id == message_id).values(document=notice.to_json()))


def due(connection: Connection, now: float, without: Collection[str]) -> Message | None:
    """What of all that is to be sent now waits longest, of other rules than these, and of none that is paused."""
    row = connection.execute(_DUE, {"now": now, "without": list(without)}).first()
    return None if row is None else _message(row)


def next_try_at(connection: Connection, after: float) -> float | None:
    """When the next message after a time is due; None for never."""
    row = connection.execute(_UPCOMING, {"now": after}).first()
    return None if row is None else float(row.next_try_at)


def settle(connection: Connection, before: Message, after: Message) -> bool:
    """Store what has become of a message; whether it still was as it was read, so that nobody else is at it."""
    which = (messages.c.id == before.id, messages.c.state == "pending", messages.c.tries == before.tries)
    row = _row(after)
    values = {name: row[name] for name in ("state", "tries", "next_try_at", "last_error", "ended_at", "document")}
    return connection.execute(update(messages).where(*which).values(values)).rowcount == 1


def log(connection: Connection, rule: str, before: str | None, limit: int) -> list[Message]:
    """Up to `limit` messages of a rule, newest first, before the one with an id."""
    wanted = select(*_COLUMNS).where(messages.c.rule == rule).order_by(messages.c.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(messages.c.id < before)
    return [_message(row) for row in connection.execute(wanted)]


def ended_before(connection: Connection, run: Run) -> str | None:
    """How the run of the same work ended that came to its end last before this one; cancelled ones do not count."""
    work = select(runs.c.identity).where(runs.c.id == run.id).scalar_subquery()
    same = (runs.c.identity == work, runs.c.id != run.id, runs.c.state.in_(("succeeded", "failed")))
    wanted = select(runs.c.state).where(*same, runs.c.finished_at <= run.finished_at)
    state: str | None = connection.execute(wanted.order_by(runs.c.finished_at.desc()).limit(1)).scalar()
    return state


def late(connection: Connection, until: float) -> list[Notice]:
    """Of each schedule that is not paused the newest fire up to a time, where its work has not succeeded since.

    A fire that was missed or skipped does not count: its schedule wants that. Neither does one whose run was deleted.
    """
    earlier = fires.alias()
    mine = (earlier.c.schedule == schedules.c.name, earlier.c.fire_time <= until)
    newest = select(func.max(earlier.c.fire_time)).where(*mine, earlier.c.state.in_(("pending", "started", "failed")))
    at_newest = and_(fires.c.schedule == schedules.c.name, fires.c.fire_time == newest.scalar_subquery())
    wanted = (
        select(fires.c.schedule, fires.c.fire_time, fires.c.reason, fires.c.run_id, schedules.c.request, *_OF_RUN)
        .select_from(schedules.join(fires, at_newest).outerjoin(runs, runs.c.id == fires.c.run_id))
        .where(schedules.c.paused.is_(False), or_(fires.c.run_id.is_(None), runs.c.state != "succeeded"))
    )
    rows: list[Any] = list(connection.execute(wanted))
    return [_late(row) for row in rows if row.run_id is None or not _succeeded_since(connection, row)]


def _succeeded_since(connection: Connection, row: Row[Any]) -> bool:
    """Whether another run has done the work of a fire: a retry."""
    same = (runs.c.identity == row.identity, runs.c.state == "succeeded", runs.c.finished_at >= row.fire_time)
    return connection.execute(select(runs.c.id).where(*same).limit(1)).first() is not None


def _late(row: Row[Any]) -> Notice:
    return Notice(
        "late",
        row.fire_time,
        row.request["pipeline"],
        parameters=row.texts or {},
        labels=row.request["labels"],
        run_id=row.run_id,
        state=row.state or "",
        reason=row.reason or row.run_reason or "",
        schedule=row.schedule,
        fire_time=row.fire_time,
    )


def _rule(row: Row[Any]) -> Rule:
    values = dict(row._mapping)
    channel = {**values["channel"], "to": tuple(values["channel"]["to"])}
    lists = {name: tuple(values[name]) for name in ("events", "pipelines")}
    return Rule(**{**values, **lists, "channel": Channel(**channel)})


def _message(row: Row[Any]) -> Message:
    values = dict(row._mapping)
    return Message(notice=Notice.from_json(values.pop("document")), **values)


def _row(message: Message) -> dict[str, Any]:
    notice = message.notice
    row = {column.name: getattr(message, column.name) for column in messages.c if hasattr(message, column.name)}
    return {**row, "event": notice.event, "run_id": notice.run_id, "fold": notice.fold, "document": notice.to_json()}
