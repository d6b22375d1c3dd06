"""A folder as an inbox: what is listed of it, and what is not."""

import os
import socket
import threading
from contextlib import closing

import pytest
from polling import until

from trigger_service.domain.errors import Unavailable
from trigger_service.service.folder import Folder, Watch


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def listed(folder):
    return [found.path for found in Folder(str(folder)).files("")]


def test_files_are_listed_with_their_size_and_a_version_that_changes_with_them(inbox):
    # Given
    (inbox / "sub").mkdir()
    (inbox / "sub" / "b.csv").write_text("bb")
    file = inbox / "a.csv"
    file.write_text("a")
    os.utime(file, ns=(5, 1_700_000_000_000_000_007))
    # When
    before = {found.path: found for found in Folder(str(inbox)).files("")}
    os.utime(file, ns=(5, 1_700_000_000_000_000_008))
    after = {found.path: found for found in Folder(str(inbox)).files("")}
    # Then
    assert {path: found.size for path, found in before.items()} == {"a.csv": 1, "sub/b.csv": 2}
    assert before["a.csv"].modified == pytest.approx(1_700_000_000)
    assert before["a.csv"].version != after["a.csv"].version
    assert before["sub/b.csv"] == after["sub/b.csv"]


def test_what_is_hidden_temporary_or_no_file_is_not_listed(inbox):
    for name in (".hidden", "a.csv.tmp", "a.csv.part", "seen"):
        (inbox / name).touch()
    (inbox / ".git").mkdir()
    (inbox / ".git" / "config").touch()
    os.mkfifo(inbox / "pipe")
    with closing(socket.socket(socket.AF_UNIX)) as unix:
        unix.bind(str(inbox / "socket"))
        assert listed(inbox) == ["seen"]


def test_links_lead_to_files_of_the_inbox_and_nowhere_else(inbox, tmp_path):
    # Given
    (tmp_path / "secret").write_text("x")
    (tmp_path / "inbox2").mkdir()
    (tmp_path / "inbox2" / "near").touch()
    (inbox / "file").touch()
    (inbox / "sub").mkdir()
    # When
    (inbox / "out").symlink_to(tmp_path / "secret")
    (inbox / "near").symlink_to(tmp_path / "inbox2" / "near")
    (inbox / "within").symlink_to(inbox / "file")
    (inbox / "dangling").symlink_to("nothing")
    (inbox / "sub" / "loop").symlink_to(inbox)
    # Then
    assert listed(inbox) == ["file", "within"]
    (tmp_path / "alias").symlink_to(inbox)
    assert listed(tmp_path / "alias") == ["file", "within"]


def test_what_cannot_be_named_in_a_request_is_told(inbox):
    (inbox / "a").touch()
    os.close(os.open(os.fsencode(inbox) + b"/\xff.csv", os.O_CREAT))
    folder = Folder(str(inbox))

    assert [found.path for found in folder.files("")] == ["a"]
    assert folder.faults == [r"b'\xff.csv': its name is no UTF-8; rename it"]


def test_a_folder_that_is_not_there_is_said_with_the_mend(tmp_path):
    with pytest.raises(Unavailable, match="No such file or directory; make it, or correct"):
        listed(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="Not a directory"):
        listed(tmp_path / "file")


def test_a_watch_tells_of_what_arrives_in_any_folder_of_it_and_ends(inbox):
    # Given
    told = threading.Event()
    watch = Watch(str(inbox), told.set)
    watch.begin()
    watch.begin()
    try:
        # When it watches, which it says by what it is told of
        for number in range(1000):
            (inbox / str(number)).touch()
            if told.wait(0.1):
                break
        (inbox / "sub").mkdir()
        until(lambda: _told_again(told, inbox / "sub"), "the watch of a new folder")
    finally:
        watch.end()
    assert not any(thread.name.startswith("watch") for thread in threading.enumerate())


def test_a_folder_that_cannot_be_watched_is_told_once(tmp_path, caplog):
    watch = Watch(str(tmp_path / "nowhere"), lambda: None)
    for _ in range(2):
        watch.begin()
        until(lambda: not watch.is_alive(), "its end")
    watch.end()

    assert [record.action for record in caplog.records] == ["inbox_unwatched"]


def _told_again(told, folder):
    told.clear()
    (folder / str(len(list(folder.iterdir())))).touch()
    return told.wait(0.5)
