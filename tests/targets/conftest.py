"""Luigi is imported here first: without a luigi.cfg its import warns, and warnings are errors in tests."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import luigi  # noqa: F401
