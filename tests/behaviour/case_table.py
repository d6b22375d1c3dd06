"""Writes docs/luigi-behaviour.md from the cases: python tests/behaviour/case_table.py"""

from pathlib import Path

import expectations

PAGE = Path(__file__).parents[2] / "docs/luigi-behaviour.md"
HEAD = """# What Luigi does, and what Luigi Trigger reports

Everything below is run both ways by the tests, on the same one-file modules: by the plain `luigi` command with a stock
luigid, and by `luigi-trigger up` over HTTP. Compared are exit and state, which tasks ran how often, the outputs to the
byte, counts by status, the graph, what was printed and logged, and the error. Each name leads to its module.

Plain `luigi` exits with 0 unless something else stands here, whether tasks failed or not.

| what | plain `luigi` | Luigi Trigger |
| --- | --- | --- |
"""


def render() -> str:
    """The page: one row for each case."""
    rows = []
    for name in expectations.names():
        expected = expectations.read(name)
        what = f"[{name.replace('_', ' ')}](../tests/behaviour/cases/{name}.py): {expectations.title(name)}"
        cells = [cell.replace("|", "\\|") for cell in (what, expected.plain, expected.reports)]
        rows.append(f"| {' | '.join(cells)} |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render())
