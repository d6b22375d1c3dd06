"""How luigid knows whether its predecessor was killed."""

from pathlib import Path

import pytest

from trigger_service.luigid.state import StateFolder


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "luigid")


def test_the_first_start_follows_no_kill(folder: StateFolder) -> None:
    assert not folder.begin("one")


def test_a_clean_end_is_remembered_and_its_state_kept(folder: StateFolder) -> None:
    folder.begin("one")
    folder.state_file.touch()
    folder.end("one")

    assert not folder.begin("two")
    assert folder.state_file.exists()


def test_a_start_without_an_end_was_a_kill_and_older_state_is_removed(folder: StateFolder) -> None:
    folder.begin("one")
    folder.end("one")
    folder.begin("two")
    folder.state_file.touch()

    assert folder.begin("three")
    assert not folder.state_file.exists()


@pytest.mark.parametrize("content", ["", "{", "{}", "[]"])
def test_a_damaged_note_counts_as_a_kill(folder: StateFolder, content: str) -> None:
    folder.begin("one")
    folder.boot_file.write_text(content)

    assert folder.begin("two")
