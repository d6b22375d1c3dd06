"""What all tasks of the shop have in common."""

import abc
import datetime
import logging
import os

import luigi

from .config import ROOT


class ShopTask(luigi.Task, metaclass=abc.ABCMeta):
    """Not a task by itself."""

    day = luigi.DateParameter(default=datetime.date.today() - datetime.timedelta(days=1))

    retry_count = 1

    @property
    def logger(self):
        return logging.getLogger("shop.%s" % self.__class__.__name__)

    def path(self, name):
        return os.path.join(ROOT, self.day.strftime("%Y/%m/%d"), name)

    @abc.abstractmethod
    def work(self):
        """Do it."""

    def run(self):
        self.logger.info("starting %s", self.day)
        self.work()
