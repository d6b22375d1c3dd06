"""The trash of objects: where one that was invalidated waits, in the same bucket, until it is wanted back.

`.luigi-trash/<operation>/<key>`. An object cannot be renamed: it is copied, whole or not at all, and then the old one
is deleted, if it is still that one. What says of a copy which version it is a copy of goes with it as metadata, so each
step can be repeated after a kill, and replaces nothing.
"""

from contextlib import suppress

from targets.errors import NotInTrash, PublishedMeanwhile, TargetExists
from targets.s3_copy import Copy
from targets.s3_object import Found, S3Object
from targets.trash import FOLDER, checked

#: Metadata: the version that waits in the trash; the operation that an object has come back from.
_OF, _BACK = "luigi-trash-of", "luigi-restored"


class S3Trash:
    """One object in its place, or in the trash of one operation; its record goes along."""

    def __init__(self, place: S3Object, operation: str, record: str) -> None:
        """`record` is the key of the record. Raises ValueError for an id that cannot be part of a key."""
        folder = f"{FOLDER}/{checked(operation)}/"
        self._operation = operation
        self._place, self._waiting = place, place.other(folder + place.names["Key"])
        self._record = (place.other(record), place.other(folder + record))

    def holds(self) -> bool:
        """Whether it waits in the trash."""
        return self._waiting.head() is not None

    def take(self) -> None:
        """Move it into the trash; nothing where it waits there already, or is not there at all.

        Raises PublishedMeanwhile where it was replaced at the same time: then the new one is left where it is.
        """
        if self._move_away(self._place, self._waiting):
            self._move_away(*self._record)

    def give_back(self) -> None:
        """Move it back into its place; nothing where it is back already.

        Raises TargetExists where something has been put into its place meanwhile, NotInTrash where it is nowhere.
        """
        if self.holds():
            self._move_back(self._waiting, self._place)
        elif self._place.head() is None:
            raise NotInTrash(url=self._place.place.url, operation=self._operation)
        with suppress(TargetExists):  # of what was written meanwhile
            self._move_back(self._record[1], self._record[0])

    def empty(self) -> None:
        """Delete it for good; nothing where it is not in the trash."""
        self._waiting.delete()
        self._record[1].delete()

    def _move_away(self, place: S3Object, waiting: S3Object) -> bool:
        """Gives whether it waits now, and nothing is in its place."""
        found, there = place.head(), waiting.head()
        if found is not None and there is None:
            there = self._copied(place, found, waiting, {_OF: found.etag})
        if found is not None and there is not None:
            if there.metadata.get(_OF) != found.etag:
                return False  # built again since: what is done is done
            place.delete(found.etag)
        return there is not None

    def _move_back(self, waiting: S3Object, place: S3Object) -> None:
        there, found = waiting.head(), place.head()
        if there is None:
            return
        if found is None:
            found = self._copied(waiting, there, place, {_BACK: self._operation})
        if found is None or found.metadata.get(_BACK) != self._operation:
            raise TargetExists(url=place.place.url)
        waiting.delete()

    def _copied(self, source: S3Object, found: Found, destination: S3Object, mark: dict[str, str]) -> Found | None:
        metadata = {name: value for name, value in found.metadata.items() if name not in (_OF, _BACK)}
        with suppress(PublishedMeanwhile):  # by one who does the same, or by a task: what is there now says which
            Copy(source=source, found=found, destination=destination).publish(None, {**metadata, **mark})
        return destination.head()
