"""What happens around every task, whoever's it is."""

import logging
import os

import luigi

from .config import ROOT

logger = logging.getLogger("shop.events")


def _note(task, word, text):
    with open(os.path.join(ROOT, "event-%s.%s" % (task.task_id, word)), "w") as note:
        note.write(text)


@luigi.Task.event_handler(luigi.Event.START)
def on_start(task):
    _note(task, "start", task.task_family)


@luigi.Task.event_handler(luigi.Event.SUCCESS)
def on_success(task):
    logger.info("%s is done", task.task_family)
    _note(task, "success", str(sorted(task.to_str_params().items())))


@luigi.Task.event_handler(luigi.Event.FAILURE)
def on_failure(task, error):
    _note(task, "failure", "%s: %s" % (type(error).__name__, error))


@luigi.Task.event_handler(luigi.Event.DEPENDENCY_MISSING)
def on_missing(task):
    logger.debug("%s is not there yet", task.task_family)
