"""Where the text of a module defines its names."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Dict, List

_DEFINITION = re.compile(rb"^([ \t]*)(?:class[ \t]+(\w+)|(\w+)[ \t]*(?::[^=\n]*)?=(?!=))", re.MULTILINE)


class Source:
    """The lines that begin a class or assign to a name. Found by their look: parsing takes twenty times as long."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module.__name__
        self.file = getattr(module, "__file__", None) or ""

    @cached_property
    def _lines(self) -> Dict[str, List[int]]:
        lines: Dict[str, List[int]] = {}
        try:
            text = Path(self.file).read_bytes()
        except (OSError, ValueError):
            return lines
        for found in _DEFINITION.finditer(text):
            name = (found[2] or found[3]).decode(errors="replace")
            if found[2] or not found[1]:
                lines.setdefault(name, []).append(text.count(b"\n", 0, found.start()) + 1)
        return lines

    def defines(self, name: str) -> bool:
        """Whether there is such a line for the name."""
        return name in self._lines

    def line(self, name: str, cls: type) -> int:
        """Where the class called `name` begins: the last such line before its first method; 0 where it is not known."""
        lines = self._lines.get(name, [0])
        codes = [value.__code__ for value in vars(cls).values() if isinstance(value, FunctionType)]
        first = min((code.co_firstlineno for code in codes if code.co_filename == self.file), default=lines[-1])
        return max((line for line in lines if line <= first), default=lines[-1])
