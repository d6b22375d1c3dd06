"""A single-cell atlas: submissions that arrive in a drop are verified, quarantined or accepted, and become releases.

    python -m tasks.cell_atlas.generator --to data/cell_atlas/drop --faulty checksum
    luigi --module tasks.cell_atlas AtlasReport --release 2026-03-02 --local-scheduler

Each task is stock Luigi. The section `[cell_atlas]` of luigi.cfg (see `settings`) says where the data lives.
"""

from tasks.cell_atlas.report import AtlasReport
from tasks.cell_atlas.submissions import IngestSubmission

__all__ = ["AtlasReport", "IngestSubmission"]
