"""The page of a release says what its rows say, and is one file that needs nothing else."""

import re
import sys

import pytest
from atlas_support import MARCH
from page_reader import Page

from targets.errors import ExtraMissing
from tasks.cell_atlas import AtlasReport
from tasks.cell_atlas.atlas_page import atlas_page
from tasks.cell_atlas.figures import Release
from tasks.cell_atlas.measuring import expression, normalise, quality
from tasks.cell_atlas.models import Fault, Member, SubmittedCell


def member(name, donor, accepted=True):
    return Member(submission=name, fingerprint="0" * 16, donor=donor, accepted=accepted, cells=1, genes=765)


@pytest.fixture(scope="module")
def release(found):
    """The release of two submissions, made of the source without the pipeline, and of a quarantined one."""
    cells = [
        SubmittedCell(barcode=barcode, cell_type=kind, total_counts=counts, genes_detected=genes, mito_share=mito)
        for barcode, kind, counts, genes, mito in zip(
            found.barcodes,
            found.cell_types,
            found.total_counts.tolist(),
            found.genes_detected.tolist(),
            found.mito_share.tolist(),
            strict=True,
        )
    ]
    return Release(
        members=[member("S-1", "D1"), member("S-2", "D2"), member("S-3", "<D3>", accepted=False)],
        faults=[Fault(submission="S-3", file="cells.csv", code="value", detail="line 2 is <odd>")],
        quality=[
            *quality("", "", cells),
            *quality("S-1", "D1", cells[:300]),
            *quality("S-2", "D2", cells[300:]),
        ],
        expression=expression(normalise(found.counts, found.total_counts), found.genes, found.cell_types),
    )


def drawn(release, **choices):
    return atlas_page(release, MARCH, **({"markers": 3, "min_cells": 5, "order": "donor"} | choices))


@pytest.fixture(scope="module")
def html(release):
    return drawn(release)


def test_the_key_figures_are_those_of_the_source(html, found):
    figures = {row[0]: row[1] for row in Page(html).rows if len(row) == 3}
    assert figures == {
        "Figure": "Value",
        "Cells": "700",
        "Submissions accepted": "2 of 3",
        "Cell types": "10",
        "Genes of the panel": "765",
        "Molecules a cell": f"{sorted(found.total_counts)[350]:,}".replace(",", "\u202f"),
        "Mitochondrial share": f"{sorted(found.mito_share)[350]:.1%}",
    }


def test_each_cell_type_has_its_cells_and_the_genes_that_mark_it(html, found):
    types = {row[0]: row for row in Page(html).rows if len(row) == 8}
    assert {name: row[1] for name, row in types.items() if name != "Cell type"} == {
        name: str(found.cell_types.count(name)) for name in set(found.cell_types)
    }
    assert types["CD56+ NK"][-1] == "GNLY, NKG7, GZMB"
    assert types["CD19+ B"][3] == "2 of 2"


def test_the_composition_is_that_of_the_cells(html, found):
    (label,) = [label for label in Page(html).labels if label.startswith("Composition by donor")]
    for donor, kinds in (("D1", found.cell_types[:300]), ("D2", found.cell_types[300:])):
        assert f"{donor} {kinds.count('Dendritic') / len(kinds):.0%} Dendritic" in label


def test_what_is_quarantined_stands_there_with_its_reason_as_text(html):
    assert ["S-3", "<D3>", "cells.csv", "line 2 is <odd>"] in Page(html).rows
    assert "<odd>" not in html


def test_the_page_is_one_file_that_loads_nothing_and_follows_the_theme(html):
    page = Page(html)
    assert [name for name in page.loaded if not name.startswith("#")] == []
    assert "<script" not in html
    assert re.findall(r"url\((?!#)[^)]*\)|@import", html) == []
    drawings = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert len(drawings) == 3
    assert re.findall(r"#[0-9a-f]{6}\b", "".join(drawings)) == []
    assert len(page.ids) == len(set(page.ids))


def test_the_page_is_the_same_each_time_it_is_made(html, release):
    assert drawn(release) == html


def test_choices_change_what_is_shown(release):
    html = drawn(release, markers=1, min_cells=60, order="cells")
    types = {row[0]: row for row in Page(html).rows if len(row) == 8}
    assert types["Dendritic"][-1] == "LYZ"
    assert types["CD34+"][-1] == ""
    assert "fewer than 60 cells are left out" in html
    (label,) = [label for label in Page(html).labels if label.startswith("Composition by donor")]
    assert label.index("D2") < label.index("D1")


def test_one_submission_with_one_cell_makes_a_page(release):
    cell = SubmittedCell(barcode="ACGTACGT-1", cell_type="B", total_counts=9, genes_detected=3, mito_share=0)
    alone = Release(
        members=[member("S-1", "D1")],
        faults=[],
        quality=[*quality("", "", [cell]), *quality("S-1", "D1", [cell])],
        expression=[row.model_copy(update={"cell_type": "B"}) for row in release.expression[:3]],
    )
    html = drawn(alone, min_cells=1000)
    assert "<b>1 cell</b> of <b>1 donor</b> in 1 type, from 1 of 1 submission. None was quarantined." in html
    assert "Nothing is quarantined" in html


def test_more_cell_types_than_there_are_colours_share_the_last(release):
    cells = [
        SubmittedCell(
            barcode=f"ACGTACGT-{n}", cell_type=f"type {n % 12}", total_counts=9, genes_detected=3, mito_share=0
        )
        for n in range(30)
    ]
    rows = [*quality("", "", cells), *quality("S-1", "D1", cells)]
    many = Release(members=[member("S-1", "D1")], faults=[], quality=rows, expression=())
    assert many.kinds[-1] == "all others"
    assert len(many.kinds) == 10
    assert sum(many.composition("S-1")) == pytest.approx(1)
    assert many.composition("S-1")[-1] == pytest.approx(6 / 30)


def test_without_matplotlib_the_error_says_what_to_install(release, monkeypatch):
    for name in [
        name for name in sys.modules if name.startswith(("matplotlib", "tasks.pages", "tasks.cell_atlas.atlas"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'luigi-trigger\[plots\]'"):
        AtlasReport(release=MARCH).page(release)


def test_each_choice_makes_a_page_of_its_own():
    choices = ({}, {"markers": 5}, {"min_cells": 1}, {"order": "quality"})
    assert len({AtlasReport(release=MARCH, **choice).output().path for choice in choices}) == 4
