"""The shop's nightly jobs. Importing the package registers every task and every event handler."""

from shop.config import *
from shop.targets import *
from shop.tasks import *

from . import events

__version__ = "0.9.3"
