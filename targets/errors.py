"""Every error that targets raise; the docstring of an error is its message, filled with what it names."""

from inspect import cleandoc
from typing import Any


class TargetError(Exception):
    """A target could not be read or written."""

    def __init__(self, **names: Any) -> None:
        super().__init__(cleandoc(type(self).__doc__ or "").format(**names))
        self.names = names


class StorageFull(TargetError):
    """No space is left for {path} ({free_mib} MiB free on its device): nothing was published and the temporary file
    is gone. Free some space and run the task again."""


class WriterLeftItsProcess(TargetError):
    """{path} was opened by process {opener} and closed by process {closer}: only the opener may publish it."""


class PublishedMeanwhile(TargetError):
    """{url} was written by another writer while this one was at work (or moved into the trash): theirs is in place and
    whole, ours was thrown away. Run the task again if theirs is not what you want."""


class TargetExists(TargetError):
    """{url} has been built again since it was moved into the trash, so it cannot be put back: nothing was changed. To
    have the old one back, move the new one out of the way first (luigi-trigger targets invalidate {url})."""


class NotInTrash(TargetError):
    """{url} is neither in its place nor in the trash of operation {operation}: it was deleted by something else."""


class UnknownScheme(TargetError):
    """{url} begins with {scheme!r}, which names no storage: known are plain paths, {known}."""


class NothingWritten(TargetError):
    """Nothing was written to the temporary path of {path}, so there is nothing to publish."""


class BadValue(TargetError):
    """{column}: {value!r} is not {expected}"""


class WrongColumns(TargetError):
    """{path} has the columns {found}, where {expected} were expected: it was written by other code. Remove it and
    run again."""


class UnknownRowFormat(TargetError):
    """{path} names no known row format: its suffix must be one of {known}."""


class ExtraMissing(TargetError):
    """{path} needs the package {package}, which is not installed: pip install 'luigi-trigger[{extra}]'."""
