"""Luigi is imported here first: without a luigi.cfg its import warns, and warnings are errors in tests."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import luigi

import pytest


@pytest.fixture
def provenance():
    """Sets where it is recorded who wrote a target."""
    config = luigi.configuration.get_config()
    before = config.get("targets", "provenance", "")

    yield lambda where: config.set("targets", "provenance", where)

    if before:
        config.set("targets", "provenance", before)
    else:
        config.remove_option("targets", "provenance")
