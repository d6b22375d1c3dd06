"""File sensors: which files are new, settled and together, and what is handed on of them."""

import pytest
import re2

from trigger_service.domain.files import (
    BATCH_FILES,
    Batch,
    Batches,
    FileSource,
    Found,
    Inbox,
    KnownFile,
    is_to_be_seen,
    noticed,
    pattern_mistake,
)

FOLDER = Inbox("/data/incoming")
S3 = Inbox("s3://lake/raw/in/")


def known(path, settled=0.0, state="new", version="v"):
    return KnownFile(path, version, 3, 1.5, state, settled, settled)


def found(version="v"):
    return Found("a.csv", 3, 1.5, version)


def batched(batches, *files):
    """The paths of the batches that are closed by what comes after them."""
    closed = [batches.add(file, {"day": file.path[0]}) for file in files]
    return [paths(batch) for batch in closed if batch is not None]


def paths(batch):
    return "".join(file.path for file in batch.files)


@pytest.mark.parametrize(
    ("inbox", "kind", "bucket", "prefix", "url"),
    [
        (FOLDER, "folder", "", "", "/data/incoming/x/a.csv"),
        (Inbox("/"), "folder", "", "", "/x/a.csv"),
        (S3, "s3", "lake", "raw/in/", "s3://lake/raw/in/x/a.csv"),
        (Inbox("s3://lake"), "s3", "lake", "", "s3://lake/x/a.csv"),
    ],
)
def test_an_inbox_is_a_folder_or_a_prefix_in_a_bucket(inbox, kind, bucket, prefix, url):
    assert inbox.kind == kind
    assert (inbox.bucket, inbox.url_of("x/a.csv")) == (bucket, url)
    assert kind == "folder" or inbox.prefix == prefix


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("a.csv", True),
        ("x/y/a.csv", True),
        (".a.csv", False),
        (".git/a.csv", False),
        ("x/.y/a.csv", False),
        ("a.csv.tmp", False),
        ("x/a.csv.part", False),
        ("x.tmp/a.csv", True),
    ],
)
def test_names_that_are_hidden_or_temporary_are_not_seen(path, seen):
    assert is_to_be_seen(path) is seen


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        (r"flights_(?P<month>\d{4}-\d{2})\.csv", ("month",)),
        (r"(?P<team>[^/]+)/(?<day>.*)\.csv", ("team", "day")),
        (r"\(?P<none>(a)(?:b)[(?P<not>]+(?P<yes>c)", ("yes",)),
        (r"[](?P<no>](?P<a>)[^](?P<no>]", ("a",)),
        (r"\Q(?P<no>a)\E(?P<a>b)\Q(?P<no>c)", ("a",)),
        (r"[[:alpha:](?P<no>](?P<a>\pN[\](?P<no>])", ("a",)),
    ],
)
def test_each_named_group_is_a_parameter_unless_a_mapping_says_otherwise(pattern, groups):
    assert FileSource("in", pattern).groups == groups
    assert set(re2.compile(pattern).groupindex) == set(groups)
    assert FileSource("in", pattern).default_mapping() == {name: f"/groups/{name}" for name in groups}


def test_what_does_not_go_together_in_a_source_is_told():
    source = FileSource("in", "(?P<a>x)(?P<a>y)", changed=True, ordered=True)

    assert [(problem.pointer, problem.detail[:40]) for problem in source.problems()] == [
        ("/changed", "does not go with ordered: what comes bef"),
        ("/pattern", "'(?P<a>x)(?P<a>y)', position 12: there i"),
    ]
    assert FileSource("in", "(?P<a>x)(?P<b>y)", changed=True).problems() == []


@pytest.mark.parametrize(
    ("pattern", "told", "position"),
    [("a(", "missing ): a(", 3), ("xa**", "bad repetition operator: **", 3), ("a\\", "trailing \\", 3)],
)
def test_a_pattern_that_cannot_be_read_is_told_with_the_position(pattern, told, position):
    mistake = pattern_mistake(pattern, told)

    assert (mistake.position, mistake.what.split(";")[0]) == (position, told.split(":")[0])


def test_an_object_is_whole_when_it_is_there_and_a_file_after_two_seconds_unless_the_sensor_says_otherwise():
    source = FileSource("in", "x")

    assert (source.settled_after("folder"), source.settled_after("s3")) == (2.0, 0.0)
    assert (source.poll("folder"), source.poll("s3")) == (30.0, 60.0)
    other = FileSource("in", "x", settle_s=5.0, poll_s=0.1)
    assert (other.settled_after("s3"), other.poll("s3")) == (5.0, 1.0)


@pytest.mark.parametrize(
    ("before", "version", "changed", "becomes"),
    [
        (None, "v", False, ("new", 9.0)),
        (known("a.csv", 5.0), "v", False, None),
        (known("a.csv", 5.0), "w", False, ("new", 9.0)),
        (known("a.csv", 50.0), "v", False, ("new", 9.0)),  # the clock was put back
        (known("a.csv", 5.0, "taken"), "v", True, None),
        (known("a.csv", 5.0, "taken"), "w", False, None),
        (known("a.csv", 5.0, "taken"), "w", True, ("new", 9.0)),
        (known("a.csv", 5.0, "existing"), "w", True, ("new", 9.0)),
    ],
)
def test_a_file_counts_when_it_is_new_and_again_when_it_has_changed_where_that_is_wanted(
    before, version, changed, becomes
):
    row = noticed(found(version), before, changed, 9.0)

    assert (row and (row.state, row.changed_at)) == becomes
    assert row is None or (row.version, row.seen_at) == (version, before.seen_at if before else 9.0)


def test_files_with_equal_groups_that_settle_soon_after_the_first_go_together():
    # Given files that settle two seconds after their change
    batches = Batches(batch_s=10.0, settle_s=2.0)
    files = [known("a1", 0.0), known("b1", 1.0), known("a2", 10.0), known("a3", 10.1), known("b2", 11.0)]
    # When
    closed = batched(batches, *files)
    # Then
    assert closed == ["a1a2"]
    assert [paths(batch) for batch in batches.closed(12.9)] == []
    assert batches.next_end(12.9) == 13.0
    assert [paths(batch) for batch in batches.closed(13.0)] == ["b1b2"]
    assert batches.next_end(13.0) == pytest.approx(22.1)


def test_a_batch_holds_so_many_files_and_not_more():
    batches = Batches(batch_s=10.0, settle_s=0.0)

    closed = [batches.add(known(f"{number:04}"), {}) for number in range(BATCH_FILES + 1)]

    (full,) = [batch for batch in closed if batch]
    assert len(full.files) == BATCH_FILES
    assert [paths(batch) for batch in batches.closed(10.0)] == [f"{BATCH_FILES:04}"]


def test_a_delivery_is_named_by_the_versions_of_its_files_in_any_order():
    one, two, changed = known("a"), known("b"), known("b", version="w")

    keys = [Batch({}, files).key(S3) for files in ((one, two), (two, one), (one, changed), (one,), (two,))]

    assert keys[0] == keys[1]
    assert len(set(keys)) == 4
    assert keys[3:] == ["s3://lake/raw/in/a v", "s3://lake/raw/in/b v"]
    assert Batch({}, (one, two)).key(FOLDER) != keys[0]


def test_a_document_has_the_groups_all_files_and_what_the_first_is():
    document = Batch({"day": "a"}, (known("x/a.csv"), known("b.csv"))).document(S3)

    assert document == {
        "groups": {"day": "a"},
        "files": [
            {"path": "x/a.csv", "name": "a.csv", "url": "s3://lake/raw/in/x/a.csv", "size": 3, "modified": 1.5},
            {"path": "b.csv", "name": "b.csv", "url": "s3://lake/raw/in/b.csv", "size": 3, "modified": 1.5},
        ],
        "path": "x/a.csv",
        "name": "a.csv",
        "url": "s3://lake/raw/in/x/a.csv",
        "size": 3,
        "modified": 1.5,
    }
