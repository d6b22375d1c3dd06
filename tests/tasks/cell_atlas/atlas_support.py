"""What several test files of the cell atlas use."""

import warnings
from contextlib import contextmanager
from datetime import date

import pytest

with warnings.catch_warnings():  # without a luigi.cfg the import warns, and warnings are errors in tests
    warnings.simplefilter("ignore", DeprecationWarning)
    import luigi

MARCH = date(2026, 3, 2)
APRIL = date(2026, 4, 6)


@contextmanager
def atlas_settings(drop, root, folder, **others):
    """Set `[cell_atlas]` for a while, its warehouse in a folder; nothing else of a luigi.cfg applies meanwhile."""
    parser_class = type(luigi.configuration.get_config())
    parser = parser_class()
    parser["cell_atlas"] = {**settings_of(drop, root, folder), **others}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parser_class, "_instance", parser)
        yield


def settings_of(drop, root, folder):
    """The settings by name."""
    return {"drop": str(drop), "root": str(root), "warehouse": f"sqlite:///{folder}/warehouse.db"}


def build(*tasks):
    """Run tasks with a scheduler of their own, in this process; gives the names of what ran, without parameters."""
    ran = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(luigi.Task, "on_success", lambda task: ran.append(task))  # noqa: PLW0108 - to be a method
        outcome = luigi.build(tasks, local_scheduler=True, no_lock=True, log_level="WARNING", detailed_summary=True)
    assert outcome.status is luigi.LuigiStatusCode.SUCCESS, outcome.summary_text
    return ran
