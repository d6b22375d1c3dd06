"""A thread that keeps the metrics up to date, so that whoever reads them need not wait."""

from __future__ import annotations

import logging
import threading

from trigger_service.domain.errors import TriggerError
from trigger_service.service.metrics import Metrics

log = logging.getLogger(__name__)

#: Seconds between two looks: less than between two visits of any Prometheus.
EVERY_S = 5.0


class Sampler:
    """Looks every few seconds."""

    def __init__(self, metrics: Metrics, every_s: float = EVERY_S) -> None:
        self._metrics = metrics
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="sampler", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the look that it may be in the middle of."""
        self._stopping.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                self._metrics.refresh()
            except TriggerError as error:
                log.warning("cannot measure now: %s", error, extra={"action": "measure_delayed"})
            except Exception:
                log.exception("measuring failed", extra={"action": "measure_failed"})
