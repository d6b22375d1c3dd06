"""Settings. They are read when this module is imported, and everybody imports them from here."""

import os
import sys

import luigi
from luigi import configuration


class shop(luigi.Config):
    root = luigi.Parameter()
    region = luigi.Parameter()
    currency = luigi.Parameter(default="EUR")
    contact = luigi.Parameter(default="nobody")
    features = luigi.DictParameter(default={})


SETTINGS = shop()
ROOT = os.path.join(os.getcwd(), SETTINGS.root)
REGION = configuration.get_config().get("shop", "region")
VAT = SETTINGS.features["vat"]
PROGRAM = os.path.basename(sys.argv[0])
DEBUG = "--debug" in sys.argv[1:]

if not os.path.isdir(ROOT):
    os.makedirs(ROOT)

__all__ = ["SETTINGS", "ROOT", "REGION", "VAT", "PROGRAM", "DEBUG"]
