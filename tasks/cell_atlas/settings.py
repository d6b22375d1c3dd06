"""Where the cell atlas keeps its data: the section `[cell_atlas]` of luigi.cfg."""

import luigi

from targets import join


class cell_atlas(luigi.Config):  # noqa: N801 - Luigi names the section after the class
    """Set in luigi.cfg under `[cell_atlas]`, or on the command line as `--cell-atlas-root` and so on.

    `drop` and `root` are folders or URLs (`s3://bucket/prefix`), each by itself.
    """

    drop = luigi.Parameter(default="data/cell_atlas/drop", description="where submissions arrive; only read")
    root = luigi.Parameter(default="data/cell_atlas", description="where everything that is made goes")
    warehouse = luigi.Parameter(
        default="sqlite:///data/cell_atlas/warehouse.db",
        description="SQLAlchemy URL of the warehouse (in luigi.cfg, % is written %%)",
        visibility=luigi.parameter.ParameterVisibility.PRIVATE,
    )


def below_root(*parts: str) -> str:
    """Give the name of what lies below the root."""
    return join(cell_atlas().root, *parts)


def in_drop(*parts: str) -> str:
    """Give the name of what lies in the drop."""
    return join(cell_atlas().drop, *parts)
