"""Hides private values in everything that leaves a child."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

HIDDEN = "***"


class Mask:
    """Replaces every occurrence of the given private values; empty ones hide nothing."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({text for text in secrets if text}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text with the values hidden."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def value(self, value: Any) -> Any:
        """A JSON value with the values hidden in all its texts; keys are ours and stay."""
        if not self._secrets:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value
