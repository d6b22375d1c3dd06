"""The other way to write luigi.cfg: as TOML."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from luigi.configuration import LuigiConfigParser


def as_cfg(tables: Mapping[str, Mapping[str, Any]], named: Collection[str]) -> LuigiConfigParser:
    """A luigi.toml (LUIGI_CONFIG_PARSER=toml) as the luigi.cfg that says the same; `[pool.X]` is `[pool:X]`.

    `named` are the sections that bear a name, as `pool` does.
    """
    config = LuigiConfigParser(interpolation=None, default_section="")
    for section, keys in tables.items():
        parts = {f"{section}:{name}": part for name, part in keys.items()} if section in named else {section: keys}
        config.read_dict({name: {key: _as_text(value) for key, value in part.items()} for name, part in parts.items()})
    return config


def _as_text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value) if isinstance(value, str) else json.dumps(value, default=dict)
