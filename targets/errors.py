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


class WrongRow(TargetError):
    """{url}, row {row}, {field}: {reason}"""


class TooManyRejects(TargetError):
    """{url}: {rejected} of {rows} rows are wrong, where at most {threshold} may be. The first is row {row}, {field}:
    {reason}"""


class WrongColumns(TargetError):
    """{url} has the columns {found}, where {expected} were expected: {difference}."""


class UnreadableRows(TargetError):
    """{url} cannot be read beyond row {row}: {reason}"""


class UnfitModel(TargetError):
    """Rows cannot hold {model}: its field {field!r} is {found}, where there can be {known}."""


class UnknownRowFormat(TargetError):
    """{url} names no known row format: its suffix, or format=..., must be one of {known}."""


class ExtraMissing(TargetError):
    """{url} needs the package {package}, which is not installed: pip install 'luigi-trigger[{extra}]'."""


class TargetMissing(TargetError, FileNotFoundError):
    """There is no {url}. Run the task that makes it, or correct its name."""


class ChangedWhileReading(TargetError):
    """{url} was replaced or removed while it was being read (it was version {version}): what has been read is of the
    old one, and the rest of that is gone. Read it again from its beginning."""


class StorageRefused(TargetError):
    """{doing} {url} at {endpoint} did not succeed ({tried}): {reason}."""


class BucketMissing(StorageRefused):
    """{doing} {url} at {endpoint} did not succeed: there is no bucket {bucket} there ({reason}). Make it, or correct
    the URL or endpoint_url."""


class NoPermission(StorageRefused):
    """{doing} {url} at {endpoint} did not succeed: the credentials do not allow it ({reason}). Allow them s3:GetObject,
    s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload and s3:ListBucket on {bucket}; without the last, a missing
    object is answered like this too."""


class WrongRegion(StorageRefused):
    """{doing} {url} at {endpoint} did not succeed: the bucket {bucket} is in another region{region} ({reason}). Set
    region in [targets_s3], or as an option of the target."""


class CredentialsMissing(StorageRefused):
    """{doing} {url} at {endpoint} did not succeed: no credentials were found ({reason}). boto3 looks for them in the
    environment (AWS_ACCESS_KEY_ID ...), in ~/.aws (profile in [targets_s3]) and in the role of the machine."""


class CredentialsExpired(StorageRefused):
    """{doing} {url} at {endpoint} did not succeed: the credentials have expired ({reason}). Renew them, or set role_arn
    in [targets_s3]: those of an assumed role renew themselves."""


class CredentialsWrong(StorageRefused):
    """{doing} {url} at {endpoint} did not succeed: the server does not know the access key, or the secret does not fit
    it ({reason}). Correct the credentials, or endpoint_url where they are those of another server."""


class Throttled(StorageRefused):
    """{doing} {url} at {endpoint} did not succeed: the server asks for fewer requests ({tried}; {reason}). Run fewer
    tasks at a time, lower concurrency or raise max_attempts in [targets_s3], or set retries = adaptive."""


class StorageTimedOut(StorageRefused):
    """{doing} {url} at {endpoint} did not succeed: no answer came in time ({tried}; {reason}). See whether the server
    is well and reachable, or raise connect_timeout_s or read_timeout_s in [targets_s3]."""


class StorageUnreachable(StorageRefused):
    """{doing} {url} at {endpoint} did not succeed: the connection was not made, or was lost ({tried}; {reason}). See
    whether the server runs and endpoint_url is right."""


class StorageFailed(StorageRefused):
    """{doing} {url} at {endpoint} did not succeed: the server failed ({tried}; {reason}). Run the task again when it is
    well."""


class BadSqlUrl(TargetError):
    """{url} names no table of a database: {reason}. A name is dialect://host/database#table, as SQLAlchemy knows
    dialects, or sqlite:///file.db#table."""


class BadPartition(TargetError):
    """{value!r} names no partition: values are texts, whole numbers, true or false, dates, times, UUIDs or members of
    an Enum of those."""


class BadLayout(TargetError):
    """{table} cannot be made from {model}: {reason}."""


class BadRow(TargetError):
    """{url}: row {row}{field} is refused: {reason}. Nothing was changed."""


class RowRefused(TargetError):
    """{url}: the database refused a row: {reason}. Nothing was changed. Correct the rows, the model or the table."""


class TableDiffers(TargetError):
    """{url}: the table {table} differs from what is to be written: {differences}. Alter it, or drop it and let it be
    made again, or change the model; nothing was changed."""


class AlreadyAppended(TargetError):
    """{url} was appended already ({rows} rows at {time:%Y-%m-%d %H:%M:%S} UTC), and is not appended twice. Remove it
    first if it is to be made again; nothing was changed."""


class CannotConnect(TargetError):
    """{url}: the database cannot be reached: {reason}. Look whether it runs there, and whether this machine may speak
    to it."""


class SignInRefused(TargetError):
    """{url}: the database does not let the user {user!r} in: {reason}. Correct user and password where the address of
    the database is configured."""


class NoSuchDatabase(TargetError):
    """{url}: there is no such database: {reason}. Create it, or correct its name."""


class NotAllowed(TargetError):
    """{url}: the user {user!r} may not do that: {reason}. Have it granted; nothing was changed."""


class TableLocked(TargetError):
    """{url}: others held the table or the partition for longer than {wait_s:g} seconds: {reason}. Nothing was changed:
    run the task again when they are done, or let it wait longer (wait_s)."""


class DatabaseFull(TargetError):
    """{url}: no space is left for the database: {reason}. Nothing was changed: make room and run the task again."""


class ConnectionLost(TargetError):
    """{url}: the connection to the database broke: {reason}. The rows are there as a whole or not at all, which
    exists() says; run the task again."""


class BadFileName(TargetError):
    """{name!r} cannot name a file in {url}: names are relative, their parts are divided by /, have no backslash and no
    control characters, do not begin with a dot and are at most 200 characters long."""


class BadManifest(TargetError):
    """The manifest of {url} cannot be understood ({reason}): something else wrote it. Remove the folder, and run the
    task that makes it."""


class NoSuchFile(TargetError, FileNotFoundError):
    """{url} has no file {name!r} among its {count}."""


class FilesUnfinished(TargetError):
    """{url} is not published: of its files these were opened and not closed, or failed: {names}."""
