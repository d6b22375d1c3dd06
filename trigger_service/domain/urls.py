"""URLs of targets as they may be shown. Pure."""

from __future__ import annotations

import re

#: Users, passwords and tokens before the host; and what signs a request.
_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@")
_SIGNED = re.compile(r"([?&;][^=&#;]*(?:password|passwd|pwd|secret|token|sig|key|credential)[^=&#;]*=)[^&#;]*", re.I)
_HIDDEN = "..."


def shown_url(url: str) -> str:
    """The URL without what may be a secret: who signs in, and values that sign a request."""
    return _SIGNED.sub(rf"\g<1>{_HIDDEN}", _USER.sub(rf"\g<1>{_HIDDEN}@", url))
