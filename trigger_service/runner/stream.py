"""Appends records to a stream that this process alone writes."""

from __future__ import annotations

import os


def append_whole(descriptor: int, record: bytes) -> None:
    """Append the record, in one write where the system takes it so.

    Of a record that a full disk takes only in part nothing is left to spoil the next one; raises OSError.
    """
    written = 0
    try:
        while written < len(record):
            written += os.write(descriptor, record[written:])
    except OSError:
        os.ftruncate(descriptor, os.fstat(descriptor).st_size - written)
        raise
