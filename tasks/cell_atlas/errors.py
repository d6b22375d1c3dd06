"""What can go wrong in the cell atlas; the docstring of an error is its message, filled with what it names.

A submission that is not as it should be is no error: it is quarantined with its reasons, see `verification`.
"""

from inspect import cleandoc


class CellAtlasError(Exception):
    """The cell atlas cannot go on."""

    def __init__(self, **names):
        super().__init__(cleandoc(type(self).__doc__ or "").format(**names))


class WrongSource(CellAtlasError):
    """{path} is not the wheel this generator was written for: its SHA-256 is {actual}, expected {expected}.
    Remove the file and run again to fetch it anew; if it was named by --wheel, correct that."""


class FetchFailed(CellAtlasError):
    """pip could not fetch {requirement} (exit code {code}): {reason}
    Without a package index, get scanpy-1.11.5-py3-none-any.whl and name it: --wheel PATH."""


class BadMatrix(CellAtlasError):
    """not a Matrix Market file of coordinates: {reason}"""


class NoSubmission(CellAtlasError):
    """{url} does not exist, so there is no submission {submission}. A submission is a folder in the drop whose
    metadata.json is placed last."""


class ChangedMeanwhile(CellAtlasError):
    """{url} is no longer the file that was verified: its SHA-256 is {actual}, the accepted metadata says {expected}.
    Put the verified file back, or place a submission with new metadata and build the next release."""


class EmptyRelease(CellAtlasError):
    """The release {release} has no accepted submission ({quarantined} are quarantined), so there is nothing to tell of.
    Place submissions in {drop}, remove {listing}, and run again."""
