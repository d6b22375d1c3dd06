"""`python -m trigger_service.luigid`: serve until SIGTERM or SIGINT, then save the state."""

import sys

from trigger_service.domain.imports import FOR_TASKS, imports

if __name__ == "__main__":
    with imports(without=FOR_TASKS):
        from trigger_service.luigid.daemon import main
    main(sys.argv[1:])
