"""Saying how far a task is: in its log, and to Luigi where a worker runs it."""

import logging

log = logging.getLogger("luigi-interface")


def report_progress(task, message, percent=None):
    """Log `message` and show it, with the percentage done (0 to 100), as the task's status in the visualiser."""
    log.info("%s", message)
    if task.set_status_message:  # None unless a worker runs the task
        task.set_status_message(message)
    if percent is not None and task.set_progress_percentage:
        task.set_progress_percentage(percent)
