"""A task that sets logging up anew, as a script does that thinks it is alone."""

import logging
import logging.config
import sys

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Luigi's own lines fall silent from then on.",
    "reports": "What is logged and printed after it is still in the log, with its task.",
    "state": "succeeded",
    "tasks": {"done": 2},
    "ran": ["Root", "Sets"],
    "log": {"Sets": ["before", "after"], "Root": ["from the next task", "printed by the next task"]},
    "plain_face": None,
}

log = logging.getLogger("behaviour")


class Sets(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        log.warning("before")
        handler = {"class": "logging.StreamHandler", "stream": sys.stderr}
        logging.config.dictConfig(
            {
                "version": 1,
                "disable_existing_loggers": True,
                "handlers": {"out": handler},
                "root": {"handlers": ["out"], "level": "INFO"},
            }
        )
        logging.getLogger("behaviour.after").warning("after")
        write(self)


class Root(Sets):
    def requires(self):
        return Sets()

    def run(self):
        logging.getLogger("behaviour.next").info("from the next task")
        print("printed by the next task")
        write(self)
