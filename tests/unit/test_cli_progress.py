"""How far an operation is, on a terminal: said once it has lasted two seconds, and not before."""

from types import SimpleNamespace

import pytest

from trigger_service.cli import consequences


def operation(planned, trashed):
    return {"counts": {"planned": planned, "trashed": trashed, "absent": 0, "restored": 0, "purged": 0}}


@pytest.mark.parametrize(
    ("patience", "on_terminal", "shown"), [(0.0, True, True), (60.0, True, False), (0.0, False, False)]
)
def test_progress_is_shown_on_a_terminal_after_a_while(monkeypatch, capsys, patience, on_terminal, shown):
    monkeypatch.setattr(consequences, "PATIENCE_S", patience)
    with consequences.progress(SimpleNamespace(on_terminal=on_terminal), "moving") as told:
        told(operation(3, 1))
        told(operation(0, 4))
    said = capsys.readouterr().err
    assert ("moving: 1 of 4 targets" in said, "moving: 4 of 4 targets" in said) == (shown, shown)
