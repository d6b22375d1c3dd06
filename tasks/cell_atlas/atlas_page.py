"""The page of a release. Import this where it is drawn: it loads matplotlib."""

from datetime import date

from tasks.cell_atlas.figures import EXPRESSION_STEPS, Release, counted, marker_columns, thousands
from tasks.cell_atlas.models import Quality
from tasks.pages import plots
from tasks.pages.page import Section, figure, legend, page, table

NOTES = (
    "Quality is of all genes that were sequenced; expression is of the genes of the panel. Counts are of molecules. "
    "Expression is log1p of the counts, scaled to 10 000 molecules a cell. The spread of a submission: the bar holds "
    "the middle half of its cells, the line eight in ten, the mark is the median.",
    "A marker gene is one whose mean in a cell type is the most above its mean in all other cells of the release. "
    "Quarantined submissions are in no figure but their own table.",
    "Source: PBMC 68k of 10x Genomics (Zheng et al. 2017), from scanpy 1.11.5 (BSD-3). The donors are invented.",
)


def atlas_page(release: Release, day: date, *, markers: int, min_cells: int, order: str) -> str:
    """Make the whole HTML text of a release's report."""
    submissions = ordered(release.submissions, order)
    sections = [
        key_figures(release),
        composition(release, submissions),
        spread(submissions),
        marker_genes(release, markers, min_cells),
        cell_types(release, markers, min_cells),
        quarantine(release),
    ]
    shown = {"release": day.isoformat(), "markers": str(markers), "min cells": str(min_cells), "order": order}
    return page(
        eyebrow="Single-cell atlas",
        title=f"Release of {day.day} {day:%B %Y}",
        lead=lead(release),
        sections=sections,
        notes=NOTES,
        parameters=shown,
    )


def ordered(submissions: list[Quality], order: str) -> list[Quality]:
    """Put submissions in the order that was asked for: by donor, or by what they have most of, that first."""
    keys = {
        "donor": lambda row: (row.donor, row.submission),
        "cells": lambda row: (-row.cells, row.submission),
        "quality": lambda row: (-row.counts_median, row.submission),
    }
    return sorted(submissions, key=keys[order])


def lead(release: Release) -> str:
    """Say the release in two sentences of HTML."""
    whole, donors = release.whole, len({member.donor for member in release.accepted})
    text = (
        f"<b>{counted(whole.cells, 'cell')}</b> of <b>{counted(donors, 'donor')}</b> in "
        f"{counted(len(release.types), 'type')}, from {len(release.accepted)} of "
        f"{counted(len(release.members), 'submission')}."
    )
    if not release.quarantined:
        return f"{text} None was quarantined."
    were = "One is" if len(release.quarantined) == 1 else f"{len(release.quarantined)} are"
    return f"{text} {were} quarantined, with the reasons below."


def key_figures(release: Release) -> Section:
    """The few numbers to remember, each with what it means."""
    whole, largest = release.whole, release.types[0]
    genes = len({row.gene for row in release.expression})
    sizes = [row.cells for row in release.submissions]
    rows = [
        ("Cells", thousands(whole.cells), f"{min(sizes)} to {max(sizes)} a submission"),
        (
            "Submissions accepted",
            f"{len(release.accepted)} of {len(release.members)}",
            f"{len(release.quarantined)} quarantined, {counted(len(release.faults), 'fault')} found",
        ),
        (
            "Cell types",
            str(len(release.types)),
            f"{largest.cell_type} is the largest, {largest.cells / whole.cells:.0%}",
        ),
        ("Genes of the panel", thousands(genes), "each in the matrix of every cell type"),
        ("Molecules a cell", thousands(whole.counts_median), f"median; {thousands(whole.genes_median)} genes detected"),
        (
            "Mitochondrial share",
            f"{whole.mito_median:.1%}",
            f"median; nine in ten cells are below {whole.mito_p90:.1%}",
        ),
    ]
    return Section("Key figures", table(["Figure", "Value", "In other words"], rows, "figures"))


def composition(release: Release, submissions: list[Quality]) -> Section:
    """Who gave cells of what type."""
    shares = [release.composition(row.submission) for row in submissions]
    svg = plots.stacks([row.donor for row in submissions], shares, [counted(row.cells, "cell") for row in submissions])
    first = [share[0] for share in shares]
    name = release.kinds[0]
    heading = f"{name}: from {min(first):.0%} of a donor's cells to {max(first):.0%}"
    if len(first) == 1:
        heading = f"{name}: {first[0]:.0%} of the donor's cells"
    colours = legend((f"kind-{number}", kind) for number, kind in enumerate(release.kinds))
    spoken = ", ".join(f"{row.donor} {share[0]:.0%} {name}" for row, share in zip(submissions, shares, strict=True))
    caption = "Composition by donor: share of each cell type in the cells of an accepted submission."
    return Section(heading, figure(svg, f"Composition by donor: {spoken}", caption, colours))


def spread(submissions: list[Quality]) -> Section:
    """How good the cells are."""
    spans = [(row.counts_p10, row.counts_p25, row.counts_median, row.counts_p75, row.counts_p90) for row in submissions]
    notes = [f"{thousands(row.genes_median)} genes, {row.mito_median:.1%} mitochondrial" for row in submissions]
    svg = plots.ranges([row.donor for row in submissions], spans, notes, unit="molecules a cell")
    best = max(submissions, key=lambda row: row.counts_median)
    least = min(submissions, key=lambda row: row.counts_median)
    heading = (
        f"Cells of {best.donor} are the richest, with {thousands(best.counts_median)} molecules in the median; "
        f"those of {least.donor} have {thousands(least.counts_median)}"
    )
    if best is least:
        heading = f"Cells of {best.donor} have {thousands(best.counts_median)} molecules in the median"
    spoken = ", ".join(f"{row.donor} {thousands(row.counts_median)}" for row in submissions)
    caption = (
        "Molecules a cell by submission; beside them the medians of genes detected and of the mitochondrial share."
    )
    return Section(heading, figure(svg, f"Median of molecules a cell: {spoken}", caption))


def marker_genes(release: Release, markers: int, min_cells: int) -> Section:
    """What tells the cell types apart."""
    types = [row for row in release.types if row.cells >= min_cells] or release.types
    genes = marker_columns(release, types, markers)
    rows = {row.cell_type: number for number, row in enumerate(types)}
    columns = {gene: number for number, gene in enumerate(genes)}
    places = {
        (columns[row.gene], rows[row.cell_type]): row
        for row in release.expression
        if row.gene in columns and row.cell_type in rows
    }
    svg = plots.dots(
        genes,
        [row.cell_type for row in types],
        {place: row.share for place, row in places.items()},
        {place: sum(row.mean >= end for end in EXPRESSION_STEPS) for place, row in places.items()},
    )
    best = max((release.markers(row.cell_type, 1)[0] for row in types), key=lambda row: row.mean - row.mean_elsewhere)
    heading = f"{best.gene} marks {best.cell_type}: found in {best.share:.0%} of its cells"
    ends = ["under 0.5", *(f"from {end:g}" for end in EXPRESSION_STEPS)]
    colours = legend((f"heat-{step}", text) for step, text in enumerate(ends))
    few = f" Types with fewer than {min_cells} cells are left out." if len(types) < len(release.types) else ""
    caption = (
        f"The {markers} best marker genes of each cell type. Area: share of the cells in which the gene was found; "
        f"colour: its mean expression.{few}"
    )
    spoken = ", ".join(f"{row.cell_type} {release.markers(row.cell_type, 1)[0].gene}" for row in types)
    return Section(heading, figure(svg, f"Best marker gene of each cell type: {spoken}", caption, colours))


def cell_types(release: Release, markers: int, min_cells: int) -> Section:
    """Every cell type in numbers."""
    rows = [
        (
            row.cell_type,
            thousands(row.cells),
            f"{row.cells / release.whole.cells:.1%}",
            f"{release.submissions_with(row.cell_type)} of {len(release.accepted)}",
            thousands(row.counts_median),
            thousands(row.genes_median),
            f"{row.mito_median:.1%}",
            ", ".join(found.gene for found in release.markers(row.cell_type, markers))
            if row.cells >= min_cells
            else "",
        )
        for row in release.types
    ]
    head = ["Cell type", "Cells", "Share", "Submissions", "Molecules", "Genes", "Mito.", "Marker genes"]
    return Section(f"The {counted(len(rows), 'cell type')}", table(head, rows))


def quarantine(release: Release) -> Section:
    """What was not taken, and why."""
    if not release.quarantined:
        return Section("Nothing is quarantined", "<p>Every submission in the drop was as it should be.</p>")
    donors = {member.submission: member.donor or "not known" for member in release.members}
    rows = [(fault.submission, donors[fault.submission], fault.file, fault.detail) for fault in release.faults]
    heading = f"{counted(len(release.quarantined), 'submission')} in quarantine"
    return Section(heading, table(["Submission", "Donor", "File", "What is wrong"], rows, "reasons"))
