"""An inbox that is an S3 prefix: the objects in it, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from trigger_service.domain.errors import Unavailable
from trigger_service.domain.files import Found, Inbox, is_to_be_seen

#: Seconds until a connection is made, and until the next bytes of an answer come.
_CONNECT_S = 5
_READ_S = 20
_ATTEMPTS = 2
#: Objects in an answer.
_PAGE = 1000
#: What to do about errors of S3, by their code.
_MENDS = {
    "NoSuchBucket": "there is no bucket {bucket}; make it, or correct url",
    "AccessDenied": "the credentials may not list the bucket {bucket}; allow s3:ListBucket",
    "AllAccessDisabled": "the credentials may not list the bucket {bucket}; allow s3:ListBucket",
    "InvalidAccessKeyId": "the access key is not known there; correct the credentials, or endpoint_url",
    "SignatureDoesNotMatch": "the secret key does not fit the access key; correct the credentials",
    "ExpiredToken": "the credentials have expired; renew them",
    "PermanentRedirect": "the bucket {bucket} is in another region{region}; correct region",
    "AuthorizationHeaderMalformed": "the bucket {bucket} is in another region{region}; correct region",
    "301": "the bucket {bucket} is in another region{region}; correct region",
}


class Bucket:
    """Lists an S3 prefix. For one thread; the client is made when it is first needed, and again after an error."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._client: Any = None
        #: What the last listing could not look at: nothing, for it lists all or raises.
        self.faults: Sequence[str] = ()

    def files(self, after: str) -> Iterator[Found]:
        """The objects whose paths are greater than `after`, by path. Raises Unavailable with the mend."""
        from boto3.exceptions import Boto3Error  # noqa: PLC0415 (slow to import, and few have such sensors)
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        start = {"StartAfter": f"{self._inbox.prefix}{after}"} if after else {}
        try:
            self._client = self._client or self._made()
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._inbox.bucket, Prefix=self._inbox.prefix, PaginationConfig={"PageSize": _PAGE}, **start
            )
            for page in pages:
                for each in page.get("Contents", ()):
                    path = each["Key"][len(self._inbox.prefix) :]
                    if path and not path.endswith("/") and is_to_be_seen(path):
                        modified = each["LastModified"].timestamp()
                        yield Found(path, each["Size"], modified, each["ETag"].strip('"'))
        except (BotoCoreError, Boto3Error, ClientError, ValueError) as error:
            self._client = None  # the next one reads the credentials again
            told = self._told(error.response) if isinstance(error, ClientError) else str(error)
            raise Unavailable(what=self._inbox.url, reason=told) from error

    def _made(self) -> Any:
        import boto3  # noqa: PLC0415 (as above)
        from botocore.config import Config  # noqa: PLC0415

        inbox = self._inbox
        session = boto3.Session(profile_name=inbox.profile or None, region_name=inbox.region or None)
        config = Config(
            connect_timeout=_CONNECT_S,
            read_timeout=_READ_S,
            retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        )
        return session.client("s3", endpoint_url=inbox.endpoint_url or None, config=config)

    def _told(self, response: Any) -> str:
        """What is wrong, as S3 says it, and the mend."""
        error = response.get("Error", {})
        code, message = error.get("Code", ""), error.get("Message", "")
        headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = headers.get("x-amz-bucket-region") or error.get("Region", "")
        mend = _MENDS.get(code, "").format(bucket=self._inbox.bucket, region=f" ({region})" if region else "")
        return mend or f"{code}: {message}"
