"""What a page demands of its reader beyond what its method does."""

from __future__ import annotations

from flask import g

from trigger_service.domain.access import Scope, allows
from trigger_service.domain.errors import ScopeMissing


def demand(needed: Scope) -> None:
    """Raise ScopeMissing unless who asks may do what needs this scope."""
    if not allows(g.credential.scope, needed):
        raise ScopeMissing(name=g.credential.name, held=g.credential.scope, needed=needed)
