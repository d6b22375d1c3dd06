"""Bytes on their way into an object: in parts, in parallel, invisible until the last one is there."""

import io
import logging
import secrets
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from targets.s3_claim import IN_TURN, Claim
from targets.s3_errors import RAISED, code_of
from targets.s3_object import WRITER, Found, S3Object
from targets.s3_pipe import PipeIn

log = logging.getLogger(__name__)

#: Age of an upload from which on its writer counts as killed.
ABANDONED = timedelta(hours=24)
#: Parts until their size doubles, and again: 10 000 parts, which is what S3 takes, are 5 TiB then.
_DOUBLED = 1_000


class S3Sink:
    """What is written to an object, until it is published or discarded. One that fits into a part is put at once."""

    def __init__(self, target: S3Object, before: Found | None) -> None:
        """`before` is what was there when the writer was opened, and has to be there still when it publishes."""
        self._target = target
        self._before = before
        self._token = secrets.token_hex(16)
        self._upload = Upload(target, self._token)
        self.raw = Parts(self._upload, target.options.part_size)

    def publish(self) -> str:
        """Make it visible; gives its version. Raises PublishedMeanwhile."""
        last = self.raw.last()
        if not self._upload.begun:
            version = self._target.swap(self._before, self._token, lambda **condition: self._put(last, condition))
        else:
            self._upload.send(last)
            self._upload.wait()
            with Claim(self._target, self._token) if self._upload.in_turn else nullcontext():
                version = self._target.swap(self._before, self._token, self._upload.complete)
        self._upload.close()
        return version

    def digest(self) -> tuple[int, str]:
        """Size and sha256 of what came through the descriptor."""
        return self.raw.digest()

    def discard(self) -> None:
        """Abort what was begun; a second call, and one after `publish`, does nothing."""
        self.raw.stop()
        self._upload.abort()

    def explain(self, error: Exception) -> Exception:
        """The error that says what to do; that of the upload where another one came of it."""
        return self._target.explain(self.raw.failure or error, "Writing")

    def _put(self, body: bytearray, condition: dict[str, str]) -> Any:
        return self._target.put(body, Metadata={WRITER: self._token}, **condition)


class Parts(io.RawIOBase):
    """Takes bytes, and hands them on in parts; holds one part at most.

    For a program that needs a descriptor there is a pipe, which a thread empties.
    """

    def __init__(self, upload: "Upload", part_size: int) -> None:
        self._upload = upload
        self._part_size = part_size
        self._part = bytearray()
        self._pipe: PipeIn | None = None

    @property
    def failure(self) -> Exception | None:
        """What has gone wrong behind the descriptor."""
        return self._pipe.failure if self._pipe else None

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        taken = view[: self._size_now() - len(self._part)]
        self._part += taken
        if len(self._part) >= self._size_now():
            full, self._part = self._part, bytearray()
            self._upload.send(full)
        return len(taken)

    def fileno(self) -> int:
        """A pipe into the object. It has to be used for all that is written, or for nothing."""
        self._pipe = self._pipe or PipeIn(self._write_whole)
        return self._pipe.descriptor

    def digest(self) -> tuple[int, str]:
        """Size and sha256 of what came through the pipe."""
        if self._pipe is None:
            raise io.UnsupportedOperation("nothing came through a descriptor")
        return self._pipe.digest()

    def close(self) -> None:
        """What a program has left in the pipe is taken first. Raises what went wrong with it."""
        if not self.closed:
            super().close()
            if self._pipe is not None:
                self._pipe.finish()

    def stop(self) -> None:
        """Take nothing more."""
        with suppress(Exception):
            self.close()

    def last(self) -> bytearray:
        """What has not been handed on."""
        return self._part

    def _size_now(self) -> int:
        return self._part_size << (self._upload.sent // _DOUBLED)

    def _write_whole(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self.write(view) :]


class Upload:
    """A multipart upload, begun with its first part."""

    def __init__(self, target: S3Object, token: str) -> None:
        self._target = target
        self._token = token
        self._id = ""
        self._pool: ThreadPoolExecutor | None = None
        self._on_their_way: set[Future[None]] = set()
        self._tags: dict[int, str] = {}
        #: Parts that were handed over.
        self.sent = 0
        #: Whether the server can be trusted to compare and swap only while one writer does it at a time.
        self.in_turn = False

    @property
    def begun(self) -> bool:
        """Whether there is anything that would have to be aborted."""
        return bool(self._id)

    def send(self, body: bytearray) -> None:
        """Hand a part over; waits while as many as may be are on their way. Raises what one of them has raised."""
        if not body:
            return
        if not self._id:
            self._begin()
        if len(self._on_their_way) >= self._target.options.concurrency:
            self._wait(FIRST_COMPLETED)
        assert self._pool is not None
        self.sent += 1
        self._on_their_way.add(self._pool.submit(self._send, self._id, self.sent, body))

    def wait(self) -> None:
        """Until all parts are there. Raises what one of them has raised."""
        while self._on_their_way:
            self._wait(FIRST_COMPLETED)

    def complete(self, **condition: str) -> Any:
        """Make the parts an object."""
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in sorted(self._tags.items())]
        which = {**self._target.names, "UploadId": self._id, "MultipartUpload": {"Parts": parts}}
        return self._target.client.complete_multipart_upload(**which, **condition)

    def abort(self) -> None:
        """Delete the parts; nothing where there are none."""
        if not self._id:
            return
        upload, self._id = self._id, ""
        self._delete(upload)
        under_way = any(not each.done() for each in self._on_their_way)
        self._close_pool()
        if under_way:  # a part that arrived while the others were deleted stays
            self._delete(upload)

    def close(self) -> None:
        """It is complete: there is nothing to abort."""
        self._id = ""
        self._close_pool()

    def _begin(self) -> None:
        about = {"Metadata": {WRITER: self._token}, **self._target.options.encrypted()}
        with self._target.explained("Writing"):
            answer = self._target.client.create_multipart_upload(**self._target.names, **about)
        self._id = answer["UploadId"]
        self._pool = ThreadPoolExecutor(self._target.options.concurrency, thread_name_prefix="s3-upload")
        headers = answer["ResponseMetadata"].get("HTTPHeaders", {})
        self.in_turn = headers.get("server", "").startswith(IN_TURN)
        asked = headers.get("date")
        if asked:  # the server's clock, which has also stamped the uploads
            abort_abandoned(self._target, self._id, parsedate_to_datetime(asked))

    def _send(self, upload: str, number: int, body: bytearray) -> None:
        which = {**self._target.names, "UploadId": upload, "PartNumber": number}
        self._tags[number] = self._target.client.upload_part(**which, Body=body)["ETag"]

    def _wait(self, until: str) -> None:
        done, self._on_their_way = wait(self._on_their_way, return_when=until)
        for each in done:
            each.result()

    def _delete(self, upload: str) -> None:
        try:
            self._target.client.abort_multipart_upload(**self._target.names, UploadId=upload)
        except RAISED as error:
            if code_of(error) != "NoSuchUpload":
                log.warning("%s: the upload %s could not be aborted: %s", self._target.place.url, upload, error)

    def _close_pool(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
        self._on_their_way = set()


def abort_abandoned(target: S3Object, ours: str, now: datetime) -> None:
    """Abort the uploads of this very object, but for `ours`, whose writers were killed; `now` by the server's clock."""
    names = target.names
    with suppress(ClientError):  # whoever may write may not always list
        pages = target.client.get_paginator("list_multipart_uploads").paginate(
            Bucket=names["Bucket"], Prefix=names["Key"]
        )
        for page in pages:
            for each in page.get("Uploads", ()):
                others = each["Key"] == names["Key"] and each["UploadId"] != ours
                if others and now - each["Initiated"] > ABANDONED:
                    log.info("%s: aborting the upload of a killed writer, of %s", target.place.url, each["Initiated"])
                    target.client.abort_multipart_upload(**names, UploadId=each["UploadId"])
