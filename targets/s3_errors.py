"""What S3 and boto3 raise, told as what was tried, on what, and what a person can do about it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from boto3.exceptions import Boto3Error
from botocore import exceptions as boto
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as TimedOut

from targets import errors
from targets.errors import StorageRefused

RAISED = (boto.ClientError, boto.BotoCoreError, Boto3Error, HTTPError)
#: Answers that mean that an object is not what a condition says, or not there.
UNMET = ("PreconditionFailed", "412", "NoSuchKey")
#: Two conditional requests met: the answer says to try again.
CONFLICT = ("ConditionalRequestConflict", "OperationAborted", "409")
#: A server that does not know conditional requests.
UNKNOWN_CONDITION = ("NotImplemented", "501")
_BY_CODE: dict[str, type[StorageRefused]] = {
    "NoSuchBucket": errors.BucketMissing,
    "InvalidBucketName": errors.BucketMissing,
    "AccessDenied": errors.NoPermission,
    "AllAccessDisabled": errors.NoPermission,
    "403": errors.NoPermission,
    "PermanentRedirect": errors.WrongRegion,
    "AuthorizationHeaderMalformed": errors.WrongRegion,
    "301": errors.WrongRegion,
    "ExpiredToken": errors.CredentialsExpired,
    "ExpiredTokenException": errors.CredentialsExpired,
    "RequestExpired": errors.CredentialsExpired,
    "TokenRefreshRequired": errors.CredentialsExpired,
    "InvalidAccessKeyId": errors.CredentialsWrong,
    "InvalidToken": errors.CredentialsWrong,
    "SignatureDoesNotMatch": errors.CredentialsWrong,
    "SlowDown": errors.Throttled,
    "Throttling": errors.Throttled,
    "ThrottlingException": errors.Throttled,
    "RequestLimitExceeded": errors.Throttled,
    "TooManyRequests": errors.Throttled,
    "429": errors.Throttled,
    "503": errors.Throttled,
    "RequestTimeout": errors.StorageTimedOut,
}
_BY_TYPE: tuple[tuple[tuple[type[Exception], ...], type[StorageRefused]], ...] = (
    ((boto.NoCredentialsError, boto.PartialCredentialsError, boto.ProfileNotFound), errors.CredentialsMissing),
    ((boto.CredentialRetrievalError,), errors.CredentialsMissing),
    ((boto.SSOError, boto.TokenRetrievalError), errors.CredentialsExpired),
    ((boto.ConnectTimeoutError, boto.ReadTimeoutError, TimedOut), errors.StorageTimedOut),
    ((boto.ConnectionError, boto.HTTPClientError, boto.ResponseStreamingError), errors.StorageUnreachable),
    ((boto.IncompleteReadError, HTTPError), errors.StorageUnreachable),
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """What errors say about an object: never more than its name and the server's."""

    bucket: str
    key: str
    endpoint: str
    max_attempts: int

    @property
    def url(self) -> str:
        """Names the object wherever it is spoken of."""
        return f"s3://{self.bucket}/{self.key}"


def code_of(error: BaseException | None) -> str:
    """The code of an error that S3 has answered; empty for another one."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, boto.ClientError) else ""


def explain(error: Exception, doing: str, place: Place) -> Exception:
    """Give the error that says what a person can do about `error`; itself where it is none of S3."""
    if not isinstance(error, RAISED) or isinstance(error, boto.ParamValidationError):
        return error
    tried = 1 if isinstance(error, boto.NoCredentialsError) else place.max_attempts
    region, reason = "", str(error)
    if isinstance(error, boto.ClientError):
        answer: Any = error.response.get("ResponseMetadata", {})
        tried = answer.get("RetryAttempts", 0) + 1
        named = answer.get("HTTPHeaders", {}).get("x-amz-bucket-region") or error.response["Error"].get("Region")
        region = f", {named}" if named else ""
        reason = f"{code_of(error)}: {error.response['Error'].get('Message', '')}"
    if code_of(error) in ("NoSuchKey", "404"):
        return errors.TargetMissing(url=place.url)
    return _kind(error)(
        doing=doing,
        url=place.url,
        endpoint=_without_password(place.endpoint),
        bucket=place.bucket,
        region=region,
        tried=f"tried {tried} times" if tried > 1 else "tried once",
        reason=_without_password(reason).rstrip("."),
    )


@contextmanager
def explained(doing: str, place: Place) -> Iterator[None]:
    """Raise what `explain` gives for an error of boto3 inside the block."""
    try:
        yield
    except RAISED as error:
        explanation = explain(error, doing, place)
        if explanation is error:
            raise
        raise explanation from error


def _kind(error: Exception) -> type[StorageRefused]:
    if isinstance(error, boto.ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return _BY_CODE.get(code_of(error)) or (errors.StorageFailed if status >= 500 else StorageRefused)
    return next((kind for types, kind in _BY_TYPE if isinstance(error, types)), StorageRefused)


def _without_password(text: str) -> str:
    """Take out what stands before the host of an address."""
    return re.sub(r"//[^/@\s]*@", "//", text)
