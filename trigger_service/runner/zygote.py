"""The command of the base zygote.

python -m trigger_service.runner.zygote --home DIR [--doorbell NAME] [--config FILE ...] [--spares N] [--imports N]
    [--die-with-parent [PID]]
"""

from __future__ import annotations

import sys

from trigger_service.domain.imports import imports


def main() -> int:
    """Read the command line and serve."""
    with imports():
        from trigger_service.runner.base_zygote import serve  # noqa: PLC0415 (so that it is imported in here)
    return serve()


if __name__ == "__main__":
    sys.exit(main())
