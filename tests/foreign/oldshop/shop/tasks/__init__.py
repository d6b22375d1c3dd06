from .nightly import *
from .orders import *
from .revenue import *
