"""The same pipeline makes the same files in a folder and in a bucket: configuration says where, plain Luigi or not."""

import json

import pytest
from plain_command import luigi_command

from targets import join, open_target
from targets.listing import list_files

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
MADE = (".html", ".csv", ".parquet", ".jsonl")


def contents(root):
    """The bytes of what is made below a folder or a prefix, by name."""
    found = {}
    for name in list_files(str(root)):
        if name.endswith(MADE):
            with open_target(join(root, name), format="bytes").open("r") as file:
                found[name] = file.read()
    return found


def test_a_month_of_flights_is_the_same_in_a_bucket_by_plain_luigi_and_by_a_run(
    product, archive_path, january, s3, monkeypatch
):
    # Given a project whose roots are variables, and an environment that sets them
    service = {"FLIGHTS_ROOT": f"{s3}/service", "WAREHOUSE": f"sqlite:///{product.folder}/service.db"}
    (product.folder / "luigi.cfg").write_text(
        "[trigger_service]\nport = 0\nluigid_port = 0\nmodules = tasks.flights\n"
        f"[environment:bucket]\nvariables = {json.dumps(service)}\n"
        f"[flights]\narchive = {archive_path}\nroot = ${{FLIGHTS_ROOT}}\nwarehouse = ${{WAREHOUSE}}\n"
    )
    monkeypatch.setenv("FLIGHTS_ROOT", f"{s3}/plain")
    monkeypatch.setenv("WAREHOUSE", f"sqlite:///{product.folder}/plain.db")

    # When
    assert (
        luigi_command(product.folder, "tasks.flights", "FlightsReport", "--month", "2013-01", "--local-scheduler") == 0
    )
    product.start()
    run_id = product.trigger_with("FlightsReport", {"month": "2013-01"}, workers=2, environment="bucket")
    product.reaches(run_id, "succeeded", 300.0)

    # Then
    expected = contents(january)
    assert len(expected) > 130
    for root in (f"{s3}/plain", f"{s3}/service"):
        made = contents(root)
        assert made.keys() == expected.keys()
        assert [name for name in made if made[name] != expected[name]] == []
