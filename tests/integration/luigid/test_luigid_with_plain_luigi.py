"""The plain `luigi` command against our luigid."""

import pytest
from luigids import Bench


@pytest.mark.parametrize("workers", ["1", "2"])
def test_plain_luigi_runs_a_tree_unchanged(bench: Bench, workers: str) -> None:
    luigid = bench.luigid()

    code = bench.run_luigi(luigid, "root", "--needs", '["left", "right"]', "--workers", workers)

    assert code == 0
    assert sorted(bench.ledger()) == sorted((n, w) for n in ("left", "right", "root") for w in ("start", "end"))
    assert bench.ledger()[-1] == ("root", "end")


def test_plain_luigi_runs_dynamic_requirements(bench: Bench) -> None:
    luigid = bench.luigid()
    (bench.folder / "root.yields").write_text("one two")

    assert bench.run_luigi(luigid, "root") == 0

    assert bench.starts("one") == bench.starts("two") == 1
    assert bench.ledger()[-1] == ("root", "end")
