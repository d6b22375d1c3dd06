"""One object in a bucket: what is there, and the requests that put, copy and delete it whole."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from targets.errors import PublishedMeanwhile
from targets.s3_client import clients
from targets.s3_errors import CONFLICT, RAISED, UNKNOWN_CONDITION, UNMET, Place, code_of, explain, explained
from targets.s3_settings import S3Options

log = logging.getLogger(__name__)

#: Metadata of an object that names the writer that published it.
WRITER = "luigi-writer"
#: What of an object goes along when it is copied with other metadata.
_KEPT = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType")
#: Tries of a conditional request that met another one.
_MEETINGS = 3


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is there now: `size` in bytes."""

    etag: str
    version_id: str
    size: int
    metadata: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The version id in a bucket that keeps versions, else the ETag."""
        return version_in({"VersionId": self.version_id, "ETag": self.etag})


class S3Object:
    """Its requests raise errors of `targets.errors` that say what was tried, on what, and the mend."""

    def __init__(self, bucket: str, key: str, options: S3Options) -> None:
        self.options = options
        self._bucket, self._key = bucket, key

    @property
    def client(self) -> Any:
        """The client of this process."""
        return clients.client(self.options)

    @property
    def names(self) -> dict[str, str]:
        """What each request says about which object is meant."""
        return {"Bucket": self._bucket, "Key": self._key}

    @property
    def place(self) -> Place:
        """What errors say about it."""
        try:
            endpoint = self.client.meta.endpoint_url
        except RAISED:  # which the request itself raises, and then it is explained
            endpoint = self.options.endpoint_url
        return Place(bucket=self._bucket, key=self._key, endpoint=endpoint, max_attempts=self.options.max_attempts)

    def other(self, key: str, bucket: str = "") -> "S3Object":
        """Another object, reached in the same way."""
        return S3Object(bucket or self._bucket, key, self.options)

    def head(self) -> Found | None:
        """What is there; None where there is nothing. One request."""
        with self.explained("Asking for"):
            try:
                return found_in(self.client.head_object(**self.names))
            except ClientError as error:
                if code_of(error) in ("404", "NoSuchKey"):
                    return None
                raise

    def put(self, body: bytes | bytearray, **more: Any) -> dict[str, Any]:
        """Put it whole, with `more` of what the request takes; gives the answer. One request. Raises what boto3 does.

        A server that does not compare the checksum of the signature may take a request whose connection is lost for
        one of an empty object, which everybody would see: SeaweedFS 4.48 does. The checksum of a header it compares.
        """
        about = {**self.names, **self.options.encrypted(), **more, "Body": body, "ChecksumAlgorithm": "CRC32"}
        answer: dict[str, Any] = self.client.put_object(**about)
        return answer

    def listed(self, prefix: str, token: str) -> dict[str, Any]:
        """A thousand keys of the bucket that begin with `prefix`, from where `token` has ended. One request."""
        more = {"ContinuationToken": token} if token else {}
        with self.explained("Listing"):
            answer: dict[str, Any] = self.client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **more)
            return answer

    def delete(self, etag: str = "") -> None:
        """Delete it; with an `etag`, only if it is that one still: raises PublishedMeanwhile. Nothing where none is."""
        with self.explained("Deleting"):
            try:
                self.client.delete_object(**self.names, **({"IfMatch": etag} if etag else {}))
            except ClientError as error:
                if code_of(error) in UNMET:
                    if self.head() is not None:
                        raise PublishedMeanwhile(url=self.place.url) from None
                elif etag and code_of(error) in UNKNOWN_CONDITION:
                    self.delete()
                else:
                    raise

    def swap(self, before: Found | None, token: str, publish: Callable[..., Any]) -> str:
        """Publish if `before` is there still; gives the new version.

        `publish` takes the condition as `IfMatch` or `IfNoneMatch`, and puts an object whose metadata name its writer
        by `token`: so that one whose answer was lost is known again when it is sent twice. Raises PublishedMeanwhile.
        """
        condition = {"IfMatch": before.etag} if before else {"IfNoneMatch": "*"}
        for last in (False,) * (_MEETINGS - 1) + (True,):
            try:
                return version_in(publish(**condition))
            except RAISED as error:
                code, now = code_of(error), self._seen_after(error)
                if now and now.metadata.get(WRITER) == token:
                    return now.version
                moved = (now and now.etag) != (before and before.etag)
                if code in UNMET or (moved and code in (*CONFLICT, *UNKNOWN_CONDITION, "NoSuchUpload")):
                    raise PublishedMeanwhile(url=self.place.url) from None
                if code in UNKNOWN_CONDITION and condition:
                    log.warning("%s: its server knows no conditional writes; checked beforehand only", self.place.url)
                    condition = {}
                elif last or code not in CONFLICT:
                    raise
        raise AssertionError("the last try returns or raises")

    def explained(self, doing: str) -> Any:
        """Raise what helps for an error of boto3 inside the block."""
        return explained(doing, self.place)

    def explain(self, error: Exception, doing: str) -> Exception:
        """The error that helps."""
        return explain(error, doing, self.place)

    def _seen_after(self, error: Exception) -> Found | None:
        try:
            return self.head()
        except Exception:
            raise error from None


def found_in(answer: dict[str, Any]) -> Found:
    """Read what HEAD or GET has answered."""
    _, _, whole = answer.get("ContentRange", "").rpartition("/")
    return Found(
        etag=answer.get("ETag", ""),
        version_id=answer.get("VersionId", ""),
        size=int(whole) if whole.isdecimal() else answer["ContentLength"],
        metadata=answer.get("Metadata", {}),
        headers={name: answer[name] for name in _KEPT if name in answer},
    )


def version_in(answer: dict[str, Any]) -> str:
    """The version that an answer names."""
    version_id = answer.get("VersionId") or ""
    return version_id if version_id not in ("", "null") else answer.get("ETag", "").strip('"')
