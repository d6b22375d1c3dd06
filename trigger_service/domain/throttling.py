"""How often somebody may ask: a token bucket, kept as the one time at which it will be full again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """So many a second in the long run, and `burst` at once after a silence."""

    per_second: float
    burst: int

    def wait_s(self, full_at: float, now: float) -> float:
        """Seconds until there is another one for somebody whose bucket is full at `full_at`; 0 for now."""
        return max(0.0, full_at - now - (self.burst - 1) / self.per_second)

    def taken(self, full_at: float, now: float) -> float:
        """When the bucket will be full after one was taken from it."""
        return max(full_at, now) + 1 / self.per_second
