"""Reading an object: blocks that are fetched ahead, in parallel, all of the one version that was opened."""

import io
import os
import random
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, IncompleteReadError

from targets.errors import ChangedWhileReading
from targets.s3_errors import RAISED, UNMET, code_of
from targets.s3_object import Found, S3Object, found_in
from targets.s3_pipe import PipeOut

#: Bytes of the first block, and of the one after each jump; each next one is twice as long, up to a part.
_FIRST = 1 << 18
#: Seconds between tries of a block whose connection was lost: 0.1, 0.2, 0.4 ... by chance up to twice that.
_PAUSE_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Block:
    """Bytes of an object from `start` up to `end`."""

    start: int
    end: int
    data: "Future[bytes]"


class Ahead:
    """Fetches blocks of an object from the place on where it is read; holds `concurrency` blocks at most, and one."""

    def __init__(self, fetch: Callable[[int, int], bytes], longest: int, concurrency: int) -> None:
        """`fetch` gives the bytes from a start up to an end; `longest` of a block, in bytes."""
        self._fetch = fetch
        self._size, self._longest, self._concurrency = 0, longest, concurrency
        self._blocks: deque[Block] = deque()
        self._next_length = _FIRST
        self._pool: ThreadPoolExecutor | None = None
        self._process = os.getpid()

    def begin_with(self, data: bytes, size: int) -> None:
        """The first bytes of an object of `size` bytes are there already."""
        self._size = size
        there: Future[bytes] = Future()
        there.set_result(data)
        self._blocks.append(Block(start=0, end=len(data), data=there))
        self._next_length = min(2 * _FIRST, self._longest)

    def read_into(self, place: int, into: memoryview) -> int:
        """Fill in what is there of one block from `place` on; gives how many bytes."""
        if os.getpid() != self._process:  # its threads are not in a forked process
            self._process, self._pool = os.getpid(), None
            self._blocks.clear()
        block = self._block_at(place)
        data = memoryview(block.data.result())[place - block.start :][: len(into)]
        into[: len(data)] = data
        return len(data)

    def stop(self) -> None:
        """Fetch nothing more."""
        self._blocks.clear()
        if self._pool is not None and os.getpid() == self._process:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None

    def _block_at(self, place: int) -> Block:
        left_at = -1
        while self._blocks and place >= self._blocks[0].end:
            left_at = self._blocks.popleft().end
        if self._blocks and place < self._blocks[0].start:
            self._drop()
        if not self._blocks:
            self._next_length = self._next_length if place == left_at else _FIRST
            self._add(place)
        while place == left_at and len(self._blocks) <= self._concurrency and self._blocks[-1].end < self._size:
            self._add(self._blocks[-1].end)
        return self._blocks[0]

    def _add(self, start: int) -> None:
        end = min(start + self._next_length, self._size)
        self._next_length = min(2 * self._next_length, self._longest)
        self._pool = self._pool or ThreadPoolExecutor(self._concurrency, thread_name_prefix="s3-download")
        self._blocks.append(Block(start=start, end=end, data=self._pool.submit(self._fetch, start, end)))

    def _drop(self) -> None:
        for block in self._blocks:
            block.data.cancel()
        self._blocks.clear()


class S3Reader(io.RawIOBase):
    """An object as a seekable file. Opening it is one request, which brings a small object whole.

    Raises TargetMissing where there is none, and ChangedWhileReading as soon as bytes of another version would come.
    """

    def __init__(self, target: S3Object) -> None:
        self._target = target
        # few and long ones: a request costs the processor as much as two MiB do
        self._ahead = Ahead(self._fetch, target.options.part_size, max(1, target.options.concurrency // 2))
        self._place = 0
        self.found, first = self._opened()
        self._ahead.begin_with(first, self.found.size)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        if self._place >= self.found.size:
            return 0
        with self._target.explained("Reading"):
            count = self._ahead.read_into(self._place, memoryview(into).cast("B"))
        self._place += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self.found.size}[whence]
        if base + offset < 0:
            raise ValueError(f"seek to {base + offset}: before the begin")
        self._place = base + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._ahead.stop()

    def _opened(self) -> tuple[Found, bytes]:
        with self._target.explained("Opening"):
            try:
                answer, first = self._get(0, _FIRST, {})
                return found_in(answer), first
            except ClientError as error:
                if code_of(error) not in ("InvalidRange", "416"):
                    raise
        found = self._target.head()  # no first byte: it is empty
        if found is None or found.size:
            return self._opened()
        return found, b""

    def _fetch(self, start: int, end: int) -> bytes:
        try:
            answer, data = self._get(start, end, {"IfMatch": self.found.etag})
        except ClientError as error:
            if code_of(error) in UNMET:
                raise self._changed() from None
            raise
        if answer["ETag"] != self.found.etag:  # of a server that does not know the condition
            raise self._changed()
        return data

    def _get(self, start: int, end: int, condition: dict[str, str]) -> tuple[Any, bytes]:
        """Bytes from `start` up to `end`, and what was answered; tried again where the answer breaks off."""
        for attempt in range(self._target.options.max_attempts):
            which = {**self._target.names, "Range": f"bytes={start}-{end - 1}", **condition}
            answer = self._target.client.get_object(**which)
            try:
                with answer["Body"] as body:
                    return answer, _whole(answer, body.read(), start, end)
            except RAISED:
                if attempt + 1 == self._target.options.max_attempts:
                    raise
                time.sleep(_PAUSE_S * 2**attempt * (1 + random.random()))  # noqa: S311 - no secret
        raise AssertionError("the last try returns or raises")

    def _changed(self) -> ChangedWhileReading:
        return ChangedWhileReading(url=self._target.place.url, version=self.found.version)


def _whole(answer: dict[str, Any], data: bytes, start: int, end: int) -> bytes:
    """The bytes from `start` up to `end`, or to the object's end; raises IncompleteReadError where some are missing."""
    size = found_in(answer).size
    wanted = data[start:end] if "ContentRange" not in answer else data  # of a server that gives all, always
    if len(wanted) != min(end, size) - start:
        raise IncompleteReadError(actual_bytes=len(wanted), expected_bytes=min(end, size) - start)
    return wanted


class ForPrograms(io.BufferedReader):
    """What a format that starts a program reads from: its descriptor is a pipe, so that nothing goes to a disk."""

    def __init__(self, raw: io.RawIOBase) -> None:
        super().__init__(raw, 1 << 16)
        self._pipe: PipeOut | None = None

    def fileno(self) -> int:
        self._pipe = self._pipe or PipeOut(self)
        return self._pipe.descriptor

    def close(self) -> None:
        if self.closed:
            return
        try:
            if self._pipe is not None:
                self._pipe.finish()
        finally:
            super().close()
