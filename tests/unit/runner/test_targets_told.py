"""How a target is told: by what tells where it lies, whatever class it is of."""

from pathlib import Path

import luigi
import pytest

from trigger_service.runner.hooks import describe_target


class Telling:
    """A target whose path is what `path` gives."""

    def __init__(self, path):
        self.path = path

    def __str__(self):
        return "itself"


class Uri(Telling):
    uri = "sftp://host/file"


class Raising:
    @property
    def path(self):
        raise ValueError("not before it runs")

    def __str__(self):
        return "itself"


class Speechless:
    uri = None

    @property
    def path(self):
        raise ValueError("not before it runs")

    def __str__(self):
        raise ValueError("not before it runs")


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (luigi.LocalTarget("a/b"), "a/b"),
        (Telling(Path("a/b")), "a/b"),
        (Telling(lambda: "a/b"), "a/b"),
        (Telling(lambda needed: needed), "itself"),
        (Telling(None), "itself"),
        (Uri("a/b"), "sftp://host/file"),
        (Raising(), "itself"),
        (Speechless(), "a Speechless"),
    ],
)
def test_a_target_is_told_by_its_uri_or_path_and_else_as_it_prints_or_by_its_class(target, told):
    assert describe_target(target) == told
