"""Places for nodes: in layers, apart, the same each time, and soon also where there are many."""

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from trigger_service.web.pages.layering import layout

NODES = [f"n{number}" for number in range(12)]
EDGES = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=30)


@settings(max_examples=60, deadline=None)
@given(EDGES)
def test_what_is_needed_stands_left_and_no_two_nodes_touch(edges):
    # Given edges between any nodes, but no circle
    forwards = [(one, other) for one, other in edges if NODES.index(one) < NODES.index(other)]
    # When
    found = layout(NODES, forwards)
    # Then
    assert all(found.layer[one] < found.layer[other] for one, other in forwards)
    for number in range(found.layers):
        rows = sorted(found.row[node] for node in NODES if found.layer[node] == number)
        assert all(below - above > 1 - 1e-9 for above, below in pairwise(rows))
    assert min(found.row.values()) >= 0
    assert found == layout(NODES, forwards)


@settings(max_examples=30, deadline=None)
@given(EDGES)
def test_circles_are_laid_out_too(edges):
    found = layout(NODES, edges)
    assert set(found.layer) == set(found.row) == set(NODES)


def test_lines_that_need_not_cross_do_not_and_a_chain_is_straight():
    # Given two chains that are named crosswise
    nodes = ["a", "b", "B", "A", "c", "C", "end"]
    edges = [("a", "A"), ("b", "B"), ("A", "c"), ("B", "C"), ("c", "end"), ("C", "end")]
    # When
    row = layout(nodes, edges).row
    # Then each is in one row
    assert row["a"] == row["A"] == row["c"]
    assert row["b"] == row["B"] == row["C"]
    assert row["end"] == (row["c"] + row["C"]) / 2


def test_a_long_line_bends_around_what_stands_between():
    # Given
    edges = [("a", "b"), ("b", "c"), ("a", "c")]
    # When
    found = layout(["a", "b", "c"], edges)
    # Then
    assert found.bends["a", "b"] == []
    (bend,) = found.bends["a", "c"]
    assert abs(bend - found.row["b"]) > 0.5


def test_thousands_of_nodes_and_dense_layers_have_places():
    # Given 2 000 tasks in ten layers, each of which needs three
    layers = [[f"{layer}.{number}" for number in range(200)] for layer in range(10)]
    choose = random.Random(7)
    edges = [(need, node) for before, layer in pairwise(layers) for node in layer for need in choose.sample(before, 3)]
    # When
    found = layout([node for layer in layers for node in layer], edges)
    # Then
    assert len({(found.layer[node], round(found.row[node], 3)) for node in found.row}) == 2_000
    assert found.rows < 400
