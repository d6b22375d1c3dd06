"""The picture of a lineage, and URLs of targets as they may be seen."""

import pytest

from trigger_service.domain.lineage import Lineage, Node
from trigger_service.domain.target_writes import TargetWrite
from trigger_service.domain.urls import shown_url
from trigger_service.web.pages.addresses import base, folders, target_address
from trigger_service.web.pages.lineage_picture import HIGH, WIDE, picture


def node(name, family="Work", state="current"):
    about = {"run_id": "r", "attempt": 1, "task_id": "t", "module": "m", "pipeline": "p", "parameters": {}}
    place = {"location": "default", "environment": "default", "time": 1.0}
    return Node(f"/srv/{name}", "v", state, TargetWrite(f"/srv/{name}", "v", family=family, id=7, **about, **place))


def lineage(root, *edges):
    found = Lineage()
    found.add(root)
    for source, made in edges:
        found.join(source, made)
    return found


def test_what_was_read_stands_left_and_what_was_made_of_it_right():
    # Given a -> b -> root -> c, and a -> root, and d -> c
    a, b, root, c, d = (node(name, name) for name in "abrcd")
    shown = picture(lineage(root, (a, b), (b, root), (a, root), (root, c), (d, c)))
    # Then
    x = {box.name: box.x for box in shown.boxes}
    assert x["a"] < x["b"] < x["r"] < x["c"]
    assert x["d"] == x["r"]
    assert [box.name for box in shown.boxes if box.is_root] == ["r"]
    assert len(shown.lines) == 5
    assert all(0 <= box.x <= shown.width - WIDE and 0 <= box.y <= shown.height - HIGH for box in shown.boxes)
    places = [(box.x, box.y) for box in shown.boxes]
    assert len(set(places)) == len(places)


def test_many_of_a_family_are_one_box_that_leads_to_all_of_them():
    root = node("r")
    days = [node(f"day{n}", "Day") for n in range(31)]
    shown = picture(lineage(root, *((day, root) for day in days)))
    assert [(box.name, box.count) for box in shown.boxes if not box.is_root] == [("31 targets", 31)]
    assert shown.boxes[0].address == "/targets?q=Day"
    assert shown.count == 32
    assert len(shown.lines) == 1


def test_a_circle_has_a_picture_too():
    a, b = node("a", "A"), node("b", "B")
    assert len(picture(lineage(a, (a, b), (b, a))).boxes) == 2


def test_a_target_alone_is_one_box():
    assert picture(lineage(node("x"))).lines == ()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://lake/a/b.csv", "s3://lake/a/b.csv"),
        ("mysql://ada:pa@55@host/db#t[day=1]", "mysql://...@host/db#t[day=1]"),
        ("https://tok@host/x", "https://...@host/x"),
        ("https://host/x?a=1&X-Amz-Signature=abc&b=2", "https://host/x?a=1&X-Amz-Signature=...&b=2"),
        ("https://host/x?access_token=abc#part", "https://host/x?access_token=...#part"),
        ("/srv/a@b/secret=1/x", "/srv/a@b/secret=1/x"),
    ],
)
def test_what_signs_in_or_signs_is_not_seen(url, shown):
    assert shown_url(url) == shown
    assert target_address(url, 3).startswith("/targets?url=" if url == shown else "/targets?of=3")
    assert target_address(url).startswith("/targets?url=") == (url == shown)


def test_a_url_is_the_folders_that_it_is_in_and_its_name():
    assert list(folders("s3://lake/a/b.csv")) == [("s3://lake/", "s3://lake/"), ("a/", "s3://lake/a/")]
    assert list(folders("/srv/x/y/")) == [("/srv/", "/srv/"), ("x/", "/srv/x/")]
    assert list(folders("https://a:b@host/c/d")) == []
    assert [base(url) for url in ("s3://lake/a/b.csv", "/srv/x/y/", "x")] == ["b.csv", "y", "x"]
