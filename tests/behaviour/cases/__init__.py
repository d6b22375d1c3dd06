"""One-file Luigi modules, each with what it is expected to do: see `expectations.py` beside this folder."""
