"""URLs of targets as they may be shown. Pure."""

from __future__ import annotations

import re

#: Users, passwords and tokens before the host; and what signs a request.
_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@")
_SIGNED = re.compile(r"([?&;][^=&#;]*(?:password|passwd|pwd|secret|token|sig|key|credential)[^=&#;]*=)[^&#;]*", re.I)
_HIDDEN = "..."
#: A URL in a text, as far as it goes there.
_WITHIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")


def shown_url(url: str) -> str:
    """The URL without what may be a secret: who signs in, and values that sign a request."""
    return _SIGNED.sub(rf"\g<1>{_HIDDEN}", _USER.sub(rf"\g<1>{_HIDDEN}@", url))


def shown_text(text: str) -> str:
    """A sentence in which URLs may stand, each as it may be shown."""
    return _WITHIN.sub(lambda found: shown_url(found[0]), text) if "://" in text else text


def pieces_shown(shown: str) -> list[str]:
    """What of a URL is known, in its order, from how it is shown; one piece where nothing is hidden."""
    return shown.split(_HIDDEN)
