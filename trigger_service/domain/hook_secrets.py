"""The secrets of a webhook: the one that is in use and, for a while after a rotation, the one before. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Mapping

DAY_S = 24 * 3600
#: For how long a rotation may leave the old secret good, in seconds.
LONGEST_KEPT_S = 30 * DAY_S


@dataclass(frozen=True)
class HookSecrets:
    """What deliveries may be signed with; never shown, but for the one that was just made."""

    current: str = field(repr=False)
    old: str = field(default="", repr=False)
    #: Until when the old one is good, in epoch seconds.
    old_until: float = 0.0

    def valid(self, now: float) -> List[str]:
        """Those that are good at a time, the newest first."""
        return [self.current, *([self.old] if self.old and now < self.old_until else [])]

    def rotated(self, secret: str, keep_old_for_s: float, now: float) -> HookSecrets:
        """The same with a new one; of those before only the last stays good for a while."""
        if secret == self.current:
            return self
        return HookSecrets(secret, self.current, now + keep_old_for_s) if keep_old_for_s > 0 else HookSecrets(secret)

    def to_texts(self) -> Dict[str, str]:
        """What is sealed of it."""
        return {"current": self.current, "old": self.old, "old_until": repr(self.old_until)}

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> HookSecrets:
        """What was sealed."""
        return cls(texts["current"], texts["old"], float(texts["old_until"]))
