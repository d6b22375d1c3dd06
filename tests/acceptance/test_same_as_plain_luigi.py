"""Stock Luigi: the plain command runs the same code with the same result, before, during and after the service."""

import pytest
from plain_command import luigi_command


def configure(folder, archive, luigid_port=8082):
    (folder / "luigi.cfg").write_text(
        "[trigger_service]\nport = 0\nluigid_port = 0\nmodules =\n    tasks.flights\n    tasks.examples\n"
        f"[flights]\narchive = {archive}\n[core]\nscheduler_port = {luigid_port}\n"
    )


def files_below(folder):
    """Everything that a person would look at, by its path."""
    kept = [path for path in sorted(folder.rglob("*")) if path.suffix in (".html", ".csv", ".json", ".parquet")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in kept}


@pytest.mark.long
@pytest.mark.timeout(240)
def test_a_month_of_flights_is_the_same_to_the_last_byte_with_and_without_the_service(product, archive_path, january):
    configure(product.folder, archive_path)
    product.start()

    run_id = product.trigger_with("FlightsReport", {"month": "2013-01"}, workers=2)
    product.reaches(run_id, "succeeded", 150.0)

    ours, theirs = files_below(product.folder / "data" / "flights"), files_below(january)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
    assert any(name.endswith(".html") for name in ours)


def test_plain_luigi_works_before_during_and_after_the_service(product, archive_path):
    configure(product.folder, archive_path)
    assert luigi_command(product.folder, "tasks.examples.hello", "Hello", "--name", "before", "--local-scheduler") == 0

    product.start()
    configure(product.folder, archive_path, product.luigid_port())
    assert luigi_command(product.folder, "tasks.examples.hello", "Hello", "--name", "during") == 0
    run_id = product.trigger_with("Hello", {"name": "before"})
    product.reaches(run_id, "succeeded")
    assert product.get(f"/runs/{run_id}")["progress"] == {"total": 1, "done": 1, "failed": 0, "running": 0}
    product.end()

    assert luigi_command(product.folder, "tasks.examples.hello", "Hello", "--name", "after", "--local-scheduler") == 0
    greeted = {path.stem for path in (product.folder / "data" / "examples").rglob("*") if path.is_file()}
    assert len(greeted) == 3
