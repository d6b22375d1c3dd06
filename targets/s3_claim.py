"""Taking turns to publish, on a server that checks the condition of a multipart upload before it begins to complete it.

SeaweedFS 4.48 is one: of several writers that complete at the same moment more than one is told that it came first. Its
conditional PUT of one object is exact, so that a small object, which only one writer can put, says whose turn it is.
"""

import time
from contextlib import suppress
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

from botocore.exceptions import ClientError

from targets.s3_errors import CONFLICT, RAISED, UNMET, code_of
from targets.s3_object import WRITER, S3Object

FOLDER = ".luigi-claims"
#: Beginnings of what such servers call themselves.
IN_TURN = ("SeaweedFS",)
#: Seconds from which on a claim is that of a killed writer: completing takes far less.
_ABANDONED_S = 15
_PAUSE_S = 0.05


class Claim:
    """Held inside its `with` block by one writer of an object at a time."""

    def __init__(self, target: S3Object, token: str) -> None:
        """`token` names the writer."""
        self._claim = target.other(f"{FOLDER}/{target.names['Key']}")
        self._token = token
        self._etag = ""

    def __enter__(self) -> None:
        while not self._taken():
            time.sleep(_PAUSE_S)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._delete(self._etag)

    def _taken(self) -> bool:
        try:
            answer = self._claim.put(self._token.encode(), Metadata={WRITER: self._token}, IfNoneMatch="*")
        except ClientError as error:
            if code_of(error) not in (*UNMET, *CONFLICT):
                raise
            return self._look()
        self._etag = answer["ETag"]
        return True

    def _look(self) -> bool:
        """Whether the claim that is there is ours, whose answer was lost; one of a killed writer is removed."""
        try:
            there: Any = self._claim.client.head_object(**self._claim.names)
        except ClientError as error:
            if code_of(error) not in ("404", "NoSuchKey"):
                raise
            return False
        if there["Metadata"].get(WRITER) == self._token:
            self._etag = there["ETag"]
            return True
        now = parsedate_to_datetime(there["ResponseMetadata"]["HTTPHeaders"]["date"])
        if (now - there["LastModified"]).total_seconds() > _ABANDONED_S:
            self._delete(there["ETag"])
        return False

    def _delete(self, etag: str) -> None:
        with suppress(*RAISED):  # one that stays counts as abandoned soon
            self._claim.client.delete_object(**self._claim.names, IfMatch=etag)
