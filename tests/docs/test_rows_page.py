"""The code of the page about typed rows makes of its file what the page says."""

import json
import re
from pathlib import Path

import pytest

from targets.errors import WrongRow

PAGE = Path(__file__).parents[2] / "docs/how-to/targets-rows.md"


def test_the_page_makes_the_rows_the_reject_and_the_error_that_it_shows(tmp_path, monkeypatch):
    # Given
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
    (code,) = (text for kind, text in blocks if kind == "python")
    (reject,) = (json.loads(text) for kind, text in blocks if kind == "json")
    delivered, error = (text for kind, text in blocks if not kind)
    monkeypatch.chdir(tmp_path)
    Path("delivered.csv").write_text(delivered)
    names = {"__name__": "page"}
    exec(compile(code, "page", "exec"), names)
    # When
    names["Readings"]().run()
    # Then
    outputs = names["Readings"]().output()
    assert [(row.station, row.taken.hour, row.level) for row in outputs["rows"].read()] == [
        ("north", 6, 1.25),
        ("south", 6, None),
    ]
    assert [json.loads(line) for line in Path("readings.rejects.jsonl").read_text().splitlines()] == [reject]
    with pytest.raises(WrongRow) as caught:
        list(names["Delivered"]().output().read())
    assert str(caught.value) == f"{tmp_path}/{error.strip()}"
