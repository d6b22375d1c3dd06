"""Targets that never lie: a file, or a partition of a table, is either wholly there or not there at all."""

from targets.foresight import existing
from targets.local import AtomicLocalTarget
from targets.opening import join, open_target

__all__ = ["AtomicLocalTarget", "existing", "join", "open_target"]
