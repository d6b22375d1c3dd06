"""The settings as a page may show them: sections, keys and values as they are understood, without what is a secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from trigger_service.config import Settings

#: Sections of luigi.cfg by the member of Settings that has them; what stands in none is of [trigger_service].
_SECTIONS = {"limits": "limits", "keep": "retention", "outside": "notifications", "smtp": "mail"}
_NAMED = {"locations": "location", "environments": "environment", "inboxes": "inbox"}
#: What is no setting, or is told elsewhere.
_LEFT_OUT = frozenset({"own_secret", "retired", "luigid_ports", *_SECTIONS, *_NAMED})
#: Of these, what may be told are the names: values may be secrets.
_NAMES_ALONE = frozenset({"variables", "roots"})


def effective(settings: Settings) -> dict[str, dict[str, str]]:
    """By section, and then by key."""
    general = {name: value for name, value in _members(settings).items() if name not in _LEFT_OUT}
    found = {"trigger_service": _told(general)}
    found |= {section: _told(_members(getattr(settings, name))) for name, section in _SECTIONS.items()}
    for name, kind in _NAMED.items():
        for own, value in getattr(settings, name).items():
            found[f"{kind}:{own}"] = _told(_members(value))
    return found


def _members(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _told(members: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(list(value) if name in _NAMES_ALONE else value) for name, value in members.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_text(member)}" for name, member in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_text(member) for member in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
