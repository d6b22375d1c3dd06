"""What lies below a folder or a prefix is listed alike, wherever it is."""

import pytest

from targets import join, open_target
from targets.listing import list_files
from targets.s3 import S3Target

NAMES = ["a.csv", "b/c.csv", "b/d/e.csv", "b-/f.csv", "ä.csv"]
HIDDEN = [".luigi-trash/one/a.csv", "b/.part", "b/.luigi-tmp-1/c.csv"]


def filled(root):
    """Write a file of each name, and others whose names begin with the same letters."""
    for name in [*(f"root/{name}" for name in NAMES + HIDDEN), "rootless.csv", "roots/a.csv"]:
        with open_target(join(root, name)).open("w") as file:
            file.write("x")
    return join(root, "root")


def test_the_files_of_a_folder_are_listed_without_hidden_ones(tmp_path):
    root = filled(tmp_path)
    assert list(list_files(root)) == list(list_files(f"{root}/")) == sorted(NAMES)


def test_the_files_in_memory_are_listed_in_the_same_way():
    assert list(list_files(filled("memory://listing"))) == sorted(NAMES)


def test_where_nothing_is_nothing_is_listed(tmp_path):
    assert list(list_files(tmp_path / "absent")) == []


@pytest.mark.parametrize("most", [2, 1000])
def test_the_files_of_a_prefix_are_listed_page_by_page(s3, monkeypatch, most):
    # Given a server that answers with few keys at a time
    client = S3Target(f"{s3}/any").object.client
    listed = client.list_objects_v2
    monkeypatch.setattr(client, "list_objects_v2", lambda **names: listed(**names, MaxKeys=most))
    root = filled(s3)
    client.put_object(Bucket=s3.removeprefix("s3://"), Key="root/b/", Body=b"")
    # Then
    assert list(list_files(root)) == sorted(NAMES)
    assert list(list_files(join(s3, "absent"))) == []
