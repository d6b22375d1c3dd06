"""What git says of a folder of code."""

import subprocess

import pytest

from trigger_service.runner.checkout import Checkout, look


@pytest.fixture
def git(tmp_path):
    """Runs git in a checkout that has `mine.py`, `other.py` and `pkg/part.py` in one commit; gives what it prints."""
    (tmp_path / "pkg").mkdir()
    for name in ("mine.py", "other.py", "pkg/part.py"):
        (tmp_path / name).write_text(f"{name}\n")

    def run(*arguments):
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        done = subprocess.run(["git", *who, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    run("init", "--quiet", "--initial-branch", "main")
    run("add", ".")
    run("commit", "--quiet", "--message", "first")
    return run


def test_code_that_is_as_the_commit_has_it_is_clean(git, tmp_path):
    seen = look(tmp_path / "pkg")

    assert seen.commit == git("rev-parse", "HEAD")
    assert seen.is_dirty([str(tmp_path / "mine.py")]) is False
    assert seen.holds()
    assert Checkout.from_json(seen.to_json()) == seen


def test_code_that_was_changed_added_renamed_or_deleted_since_is_dirty(git, tmp_path):
    (tmp_path / "mine.py").write_text("edited\n")
    git("mv", "other.py", "moved name.py")
    (tmp_path / "pkg/part.py").unlink()
    (tmp_path / "new").mkdir()
    (tmp_path / "new/fresh.py").touch()
    (tmp_path / "täglich.py").touch()

    seen = look(tmp_path)

    for name in ("mine.py", "other.py", "moved name.py", "pkg/part.py", "new/fresh.py", "täglich.py"):
        assert seen.is_dirty([str(tmp_path / name)]), name


def test_what_was_not_imported_does_not_make_code_dirty(git, tmp_path):
    (tmp_path / "README").touch()
    (tmp_path / "other.py").write_text("edited\n")

    assert look(tmp_path).is_dirty([str(tmp_path / "mine.py")]) is False


@pytest.mark.parametrize(
    "command", [["commit", "--quiet", "--all", "--message", "next"], ["add", "."], ["checkout", "--quiet", "-b", "x"]]
)
def test_a_look_holds_until_git_has_done_something(git, tmp_path, command):
    (tmp_path / "mine.py").write_text("edited\n")
    seen = look(tmp_path)

    look(tmp_path)
    assert seen.holds()
    git(*command)

    assert not seen.holds()


def test_a_worktree_has_a_commit_of_its_own(git, tmp_path):
    git("worktree", "add", "--quiet", "-b", "aside", str(tmp_path / "aside"))
    seen = look(tmp_path / "aside")
    (tmp_path / "aside/mine.py").write_text("edited\n")
    git("-C", "aside", "commit", "--quiet", "--all", "--message", "aside")

    assert not seen.holds()
    assert look(tmp_path / "aside").commit == git("rev-parse", "aside")
    assert look(tmp_path).commit == git("rev-parse", "main")


def test_without_a_commit_nothing_is_said(tmp_path):
    assert look(tmp_path).commit is None
    assert look(tmp_path).is_dirty(["mine.py"]) is None

    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    assert look(tmp_path).commit is None

    (tmp_path / ".git/HEAD").unlink()
    assert look(tmp_path).commit is None
