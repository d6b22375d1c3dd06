"""Two writers of one target: one wins whole, the other is told."""

import pytest
from luigi.format import Nop

from targets import open_target
from targets.errors import PublishedMeanwhile


@pytest.fixture(params=["file", "memory", "s3"])
def url(request, tmp_path):
    if request.param == "s3":
        return f"{request.getfixturevalue('s3')}/out.txt"
    return {"file": str(tmp_path / "out.txt"), "memory": f"memory://{tmp_path.name}/out.txt"}[request.param]


def test_of_two_first_writers_the_second_to_publish_is_told_and_changes_nothing(url):
    one, other = open_target(url).open("w"), open_target(url).open("w")
    one.write("one")
    other.write("other")

    one.close()

    with pytest.raises(PublishedMeanwhile, match="written by another writer"):
        other.close()
    assert text_of(url) == "one"


def test_of_two_that_replace_a_target_the_second_to_publish_is_told(url):
    with open_target(url).open("w") as file:
        file.write("old")
    one, other = open_target(url).open("w"), open_target(url).open("w")
    other.write("other")
    one.write("one")

    other.close()

    with pytest.raises(PublishedMeanwhile):
        one.close()
    assert text_of(url) == "other"


def test_a_writer_is_told_that_what_it_replaces_was_removed_meanwhile(url):
    with open_target(url).open("w") as file:
        file.write("old")
    with pytest.raises(PublishedMeanwhile), open_target(url).open("w") as file:
        file.write("new")
        open_target(url).remove()

    assert not open_target(url).exists()


def test_a_target_that_was_read_meanwhile_is_replaced_as_ever(url):
    for text in (b"first", b"second"):
        with open_target(url, format=Nop).open("w") as file:
            file.write(text)
            if open_target(url).exists():
                text_of(url)

    assert text_of(url) == "second"


def text_of(url):
    with open_target(url).open("r") as file:
        return file.read()
