"""Copies that the server makes by itself, of any size."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from targets.errors import ChangedWhileReading
from targets.s3_errors import RAISED, UNMET, code_of
from targets.s3_object import WRITER, Found, S3Object

#: Bytes beyond which one request copies no object.
WHOLE = 5 << 30


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One copy of what was `found`; an object longer than `whole` bytes goes in parts of so many."""

    source: S3Object
    found: Found
    destination: S3Object
    whole: int = WHOLE

    def publish(self, before: Found | None, metadata: dict[str, str]) -> str:
        """Make it in place of `before`, with other `metadata`; gives its version.

        Raises PublishedMeanwhile where the destination is another one by then, ChangedWhileReading where the source is.
        """
        token = secrets.token_hex(16)
        about = {
            **self.found.headers,
            **self.destination.options.encrypted(),
            "Metadata": {**metadata, WRITER: token},
        }
        with self.destination.explained("Copying to"):
            if self.found.size > self.whole:
                return self._in_parts(before, token, about)
            return self.destination.swap(before, token, lambda **condition: self._at_once({**about, **condition}))

    def _at_once(self, about: dict[str, Any]) -> Any:
        client, names = self.destination.client, self.destination.names
        try:
            answer = client.copy_object(**names, **self._from(), **about, MetadataDirective="REPLACE")
        except ClientError as error:
            if code_of(error) in UNMET:
                self._check_source()
            raise
        tag = answer["CopyObjectResult"]["ETag"]
        return {"ETag": tag, "VersionId": answer.get("VersionId", "")}

    def _in_parts(self, before: Found | None, token: str, about: dict[str, Any]) -> str:
        client, names = self.destination.client, self.destination.names
        upload = {**names, "UploadId": client.create_multipart_upload(**names, **about)["UploadId"]}
        try:
            starts = range(0, self.found.size, self.whole)
            with ThreadPoolExecutor(self.destination.options.concurrency) as pool:
                tags = list(pool.map(lambda start: self._part(upload, start), starts))
            parts = {"Parts": [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]}
            return self.destination.swap(
                before,
                token,
                lambda **condition: client.complete_multipart_upload(**upload, MultipartUpload=parts, **condition),
            )
        except BaseException:
            with suppress(*RAISED):
                client.abort_multipart_upload(**upload)
            raise

    def _part(self, upload: dict[str, str], start: int) -> str:
        end = min(start + self.whole, self.found.size)
        where = {"PartNumber": start // self.whole + 1, "CopySourceRange": f"bytes={start}-{end - 1}"}
        try:
            answer = self.destination.client.upload_part_copy(**upload, **where, **self._from())
        except ClientError as error:
            if code_of(error) in UNMET:
                self._check_source()
            raise
        return str(answer["CopyPartResult"]["ETag"])

    def _from(self) -> dict[str, Any]:
        return {"CopySource": self.source.names, "CopySourceIfMatch": self.found.etag}

    def _check_source(self) -> None:
        """Either end may have been what a condition does not hold of."""
        now = self.source.head()
        if now is None or now.etag != self.found.etag:
            raise ChangedWhileReading(url=self.source.place.url, version=self.found.version) from None
