"""What is computed of counts is what a plain loop over the entries says, and what the source itself says."""

import gzip
import math
import statistics
from collections import defaultdict

import numpy as np
import pytest

from tasks.cell_atlas.errors import BadMatrix, WrongSource
from tasks.cell_atlas.generator import deal
from tasks.cell_atlas.matrices import Matrix, matched_columns, pack, stack, unpack
from tasks.cell_atlas.measuring import expression, normalise, quality
from tasks.cell_atlas.models import SubmittedCell
from tasks.cell_atlas.source import read as read_source
from tasks.cell_atlas.verification import panel

HEAD = "%%MatrixMarket matrix coordinate integer general\n"


def matrix(rows):
    """A matrix of a list of lists."""
    entries = [(r, c, value) for r, row in enumerate(rows) for c, value in enumerate(row) if value]
    places = np.array([entry[:2] for entry in entries], dtype=np.int64).reshape(-1, 2)
    values = np.array([entry[2] for entry in entries])
    return Matrix(shape=(len(rows), len(rows[0])), rows=places[:, 0], columns=places[:, 1], values=values)


def dense(given):
    """A list of lists of a matrix."""
    rows = [[0] * given.shape[1] for _ in range(given.shape[0])]
    for row, column, value in zip(given.rows, given.columns, given.values, strict=True):
        rows[row][column] = value.item()
    return rows


def packed(text):
    return gzip.compress(text.encode())


def cell(barcode="ACGTACGT-1", cell_type="B", counts=1000, genes=500, mito=0.01):
    return SubmittedCell(
        barcode=barcode, cell_type=cell_type, total_counts=counts, genes_detected=genes, mito_share=mito
    )


SMALL = [[0, 3, 1], [0, 0, 0], [5, 0, 2], [1, 1, 0]]


def test_a_matrix_is_read_as_it_was_written_and_written_twice_alike():
    files = [pack(matrix(SMALL)), pack(matrix(SMALL))]
    assert files[0] == files[1]
    assert gzip.decompress(files[0]).decode() == HEAD + "4 3 6\n1 2 3\n1 3 1\n3 1 5\n3 3 2\n4 1 1\n4 2 1\n"
    assert dense(unpack(files[0])) == SMALL


def test_a_matrix_of_numbers_keeps_six_digits_and_one_without_entries_its_shape():
    assert dense(unpack(pack(matrix([[0, math.pi]])))) == [[0, 3.14159]]
    assert unpack(packed(HEAD + "% a remark\n2 3 0\n")).shape == (2, 3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 1 1\n", "first line"),
        (HEAD, "not enough values"),
        (HEAD + "2 2 2\n1 1 1\n", "1 entries, its head says 2"),
        (HEAD + "2 2 1\n3 1 1\n", "an entry in row 3, there are 2"),
        (HEAD + "2 2 1\n1 0 1\n", "an entry in column 0, there are 2"),
        (HEAD + "2 2 2\n1 1 1\n1 1 4\n", "row 1, column 1 has two entries"),
        (HEAD + "2 2 1\n1 1 one\n", "one"),
    ],
)
def test_what_is_no_matrix_is_refused_with_what_is_wrong(text, reason):
    with pytest.raises(BadMatrix, match=reason):
        unpack(packed(text))


def test_a_file_that_ends_early_and_one_that_is_not_compressed_are_refused():
    whole = packed(HEAD + "1 1 1\n1 1 1\n")
    for data in (whole[:-12], whole[: len(whole) // 2], b"1 1 1", b""):
        with pytest.raises(BadMatrix, match="not a Matrix Market file"):
            unpack(data)


def test_sums_counts_and_chosen_rows_are_those_of_a_loop():
    found = matrix(SMALL)
    assert found.row_sums().tolist() == [sum(row) for row in SMALL]
    assert found.column_sums().tolist() == [sum(column) for column in zip(*SMALL, strict=True)]
    assert found.row_counts().tolist() == [sum(map(bool, row)) for row in SMALL]
    assert found.column_counts().tolist() == [sum(map(bool, column)) for column in zip(*SMALL, strict=True)]
    assert dense(found.take_rows(np.array([False, True, True, False]))) == SMALL[1:3]
    assert dense(stack([found, matrix([[7, 0, 0]])])) == [*SMALL, [7, 0, 0]]


def test_columns_are_put_in_the_order_of_the_panel_and_those_that_were_not_measured_are_empty():
    found = matched_columns(matrix([[1, 2], [0, 3]]), ["b", "a"], ["a", "x", "b"])
    assert dense(found) == [[2, 0, 1], [3, 0, 0]]


def test_normalising_gives_the_matrix_that_the_source_holds_itself(found):
    # Given counts that were recovered from a matrix which another program has normalised, and rounded to three digits
    normalised = normalise(found.counts, found.total_counts)
    # Then
    theirs = {(r, c): v for r, c, v in zip(found.stored.rows, found.stored.columns, found.stored.values, strict=True)}
    ours = {(r, c): v for r, c, v in zip(normalised.rows, normalised.columns, normalised.values, strict=True)}
    assert ours.keys() == theirs.keys()
    assert max(abs(ours[place] - theirs[place]) for place in ours) < 0.00051


def test_the_source_is_the_real_one_with_whole_counts_below_the_totals(found):
    assert found.counts.shape == (700, 765)
    assert len(found.counts.values) == 174_400
    assert (found.counts.row_sums() <= found.total_counts).all()
    assert found.counts.values.min() == 1
    assert panel() == found.genes


def test_another_wheel_is_refused(tmp_path):
    wrong = tmp_path / "wrong.whl"
    wrong.write_bytes(b"wrong")
    with pytest.raises(WrongSource, match=r"wrong\.whl is not the wheel(.|\n)*--wheel"):
        read_source(wrong)


def test_the_quality_of_a_submission_is_that_of_its_cells_together_and_by_type():
    cells = [cell(counts=100 * n, genes=n, mito=n / 1000, cell_type="B" if n % 2 else "T") for n in range(1, 12)]
    every, b, t = quality("S", "D", cells)
    assert [(row.cell_type, row.cells) for row in (every, b, t)] == [("", 11), ("B", 6), ("T", 5)]
    assert (every.counts_p10, every.counts_p25, every.counts_median) == (200, 350, 600)
    assert (every.counts_p75, every.counts_p90) == (850, 1000)
    assert t.counts_median == statistics.median(100 * n for n in (2, 4, 6, 8, 10))
    assert (b.genes_median, b.mito_median) == (6, 0.006)


def test_the_expression_of_each_type_is_that_of_a_loop_over_the_real_cells(found):
    normalised = normalise(found.counts, found.total_counts)
    sums, having = defaultdict(float), defaultdict(int)
    for row, column, value in zip(normalised.rows, normalised.columns, normalised.values, strict=True):
        place = found.cell_types[row], found.genes[column]
        sums[place] += value
        having[place] += 1
    rows = expression(normalised, found.genes, found.cell_types)
    assert len(rows) == 10 * 765
    for row in rows[::37]:
        cells = found.cell_types.count(row.cell_type)
        others = sum(sums[kind, row.gene] for kind in set(found.cell_types) - {row.cell_type})
        assert row.mean == pytest.approx(sums[row.cell_type, row.gene] / cells, abs=1e-6)
        assert row.share == pytest.approx(having[row.cell_type, row.gene] / cells, abs=1e-6)
        assert row.mean_elsewhere == pytest.approx(others / (700 - cells), abs=1e-6)


def test_the_known_marker_genes_stand_out_in_their_cell_types(found):
    rows = expression(normalise(found.counts, found.total_counts), found.genes, found.cell_types)
    best = {}
    for row in sorted(rows, key=lambda row: row.mean - row.mean_elsewhere):
        best[row.cell_type] = row.gene
    assert best["CD19+ B"] == "CD79A"
    assert best["CD56+ NK"] == "GNLY"
    assert best["CD14+ Monocyte"] == "FCGR3A"
    assert best["Dendritic"] == "LYZ"


def test_each_cell_is_dealt_to_one_submission_and_each_submission_has_some(found):
    for submissions in (1, 8, 20):
        owners = deal(found.cell_types, submissions, seed=3)
        assert sorted(set(owners.tolist())) == list(range(submissions))
    assert deal(found.cell_types, 8, 0).tolist() == deal(found.cell_types, 8, 0).tolist()
    assert deal(found.cell_types, 8, 0).tolist() != deal(found.cell_types, 8, 1).tolist()
