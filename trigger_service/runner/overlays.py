"""Several configuration files as one, for the `luigi` commands that users' tasks start: they can be named only one."""

from __future__ import annotations

import os
from configparser import Error, RawConfigParser
from pathlib import Path
from typing import List, Sequence

from luigi.configuration import LuigiConfigParser, get_config

#: The variable in which luigi looks for its configuration file.
VARIABLE = "LUIGI_CONFIG_PATH"
MERGED = "overlays.cfg"


class Overlays:
    """The files of a place that luigi reads above luigi.cfg, each above those before it."""

    def __init__(self, files: Sequence[str], home: Path) -> None:
        """`home` is the place's folder, where the merged file is kept: for nobody else to read."""
        self._files: List[str] = list(files)
        self._merged = home / MERGED

    def show(self) -> None:
        """Have the variable name what the files say now, for all processes that this one forks.

        Where they cannot be merged (TOML, a file that is broken or gone), it names the last one.
        """
        if len(self._files) > 1:
            os.environ[VARIABLE] = str(self._merged) if self._merge() else self._files[-1]

    def _merge(self) -> bool:
        if not isinstance(get_config(), LuigiConfigParser):
            return False
        parser = RawConfigParser()
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        beside = self._merged.with_name(f".{MERGED}")
        try:
            parser.read(self._files)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                parser.write(file)
            beside.replace(self._merged)
        except (Error, OSError, UnicodeError):
            return False
        return True
