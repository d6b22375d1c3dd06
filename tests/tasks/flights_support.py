"""What several test files of the flights pipeline use."""

import warnings
from contextlib import contextmanager
from datetime import date

import pytest

with warnings.catch_warnings():  # without a luigi.cfg the import warns, and warnings are errors in tests
    warnings.simplefilter("ignore", DeprecationWarning)
    import luigi

JANUARY = date(2013, 1, 1)


@contextmanager
def flights_settings(**values):
    """Set `[flights]` for a while, over what is set already; nothing else of a luigi.cfg applies meanwhile."""
    parser_class = type(luigi.configuration.get_config())
    parser = parser_class()
    before = luigi.configuration.get_config()
    if before.has_section("flights"):
        parser["flights"] = before["flights"]
    for name, value in values.items():
        parser.set("flights", name, str(value))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parser_class, "_instance", parser)
        yield


def build(*tasks):
    """Run tasks with a scheduler of their own, in this process."""
    with flights_settings():
        return luigi.build(tasks, local_scheduler=True, no_lock=True, log_level="WARNING", detailed_summary=True)


def all_tasks(*roots):
    """Walk `requires()` from the roots and give every task once."""
    found, waiting = set(), list(roots)
    while waiting:
        task = waiting.pop()
        if task not in found:
            found.add(task)
            waiting.extend(task.deps())
    return found
