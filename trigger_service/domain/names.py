"""What people may call the things that they make: schedules, sensors, presets, pools, notification rules. Pure."""

from __future__ import annotations

import re
from typing import List

from trigger_service.domain.errors import Problem

EXPECTED = "letters, digits, _ . @ -, at most 100, a letter or digit first"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,99}")


def is_name(name: str) -> bool:
    """Whether something may be called so."""
    return _NAME.fullmatch(name) is not None


def name_problems(name: str, what: str) -> List[Problem]:
    """What is wrong with the name of something: `what` is "a schedule"."""
    return [] if is_name(name) else [Problem("/name", f"{name!r} is no name of {what}; expected {EXPECTED}")]
