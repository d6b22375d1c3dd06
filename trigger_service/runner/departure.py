"""How a child ends: at once, with its work."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Callable, NoReturn

#: Exit status of a child whose work raised (EX_SOFTWARE of sysexits.h).
EXIT_RAISED = 70


def run_to_the_end(work: Callable[[], int]) -> NoReturn:
    """Do the work and end the process, whatever threads there are: nothing else may go on in it, or hold it up."""
    status = EXIT_RAISED
    try:
        status = work()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else EXIT_RAISED
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)
