"""The section `[targets_s3]` of luigi.cfg, and the options of one target that override it."""

from dataclasses import dataclass, fields
from typing import Any, Self

import luigi

MIB = 1 << 20
#: S3 takes no smaller part, but for the last.
LEAST_PART_MIB = 5


class targets_s3(luigi.Config):  # noqa: N801 - Luigi names the section after the class
    """Set in luigi.cfg under `[targets_s3]`; each is also an option of `open_target("s3://...", ...)`."""

    endpoint_url = luigi.Parameter(default="", description="address of the server; empty: as boto3 finds it")
    region = luigi.Parameter(default="", description="region of the buckets; empty: as boto3 finds it")
    profile = luigi.Parameter(default="", description="profile of ~/.aws/config; empty: as boto3 finds it")
    role_arn = luigi.Parameter(default="", description="role to assume, with credentials that renew themselves")
    retries = luigi.ChoiceParameter(choices=["standard", "adaptive"], default="standard", description="how to retry")
    max_attempts = luigi.IntParameter(default=5, description="tries of one request, the first included")
    connect_timeout_s = luigi.FloatParameter(default=10.0, description="seconds until a connection is made")
    read_timeout_s = luigi.FloatParameter(default=60.0, description="seconds until the next bytes of an answer come")
    encryption = luigi.Parameter(default="", description="AES256 | aws:kms; empty: as the bucket says")
    kms_key = luigi.Parameter(default="", description="id of the key for aws:kms; empty: the bucket's")
    part_mib = luigi.IntParameter(
        default=8, description="size of a part that is sent, and of a block that is read, in MiB"
    )
    concurrency = luigi.IntParameter(
        default=4, description="parts of one writer on their way at a time; blocks of one reader: half as many"
    )


@dataclass(frozen=True, kw_only=True)
class S3Options:
    """How a bucket is reached, and how bytes go there and back."""

    endpoint_url: str
    region: str
    profile: str
    role_arn: str
    retries: str
    max_attempts: int
    connect_timeout_s: float
    read_timeout_s: float
    encryption: str
    kms_key: str
    part_mib: int
    concurrency: int

    def __post_init__(self) -> None:
        if self.part_mib < LEAST_PART_MIB or self.concurrency < 1 or self.max_attempts < 1:
            raise ValueError(
                f"part_mib = {self.part_mib}, concurrency = {self.concurrency}, max_attempts = {self.max_attempts}: "
                f"they are at least {LEAST_PART_MIB}, 1 and 1"
            )
        if "@" in self.endpoint_url:
            raise ValueError("endpoint_url has a password in it: credentials are found by boto3, in its own places")
        if self.encryption not in ("", "AES256", "aws:kms", "aws:kms:dsse"):
            raise ValueError(f"encryption = {self.encryption!r}: it is AES256, aws:kms or empty")
        if self.retries not in ("standard", "adaptive"):
            raise ValueError(f"retries = {self.retries!r}: it is standard or adaptive")

    @classmethod
    def read(cls, given: dict[str, Any]) -> Self:
        """Give the section, overridden by what was given for one target. Raises ValueError for what makes no sense."""
        section = targets_s3()
        return cls(**{name: given.get(name, getattr(section, name)) for name in OPTIONS})

    @property
    def part_size(self) -> int:
        """Bytes of a part."""
        return self.part_mib * MIB

    def encrypted(self) -> dict[str, str]:
        """What a request that makes an object says about encryption."""
        if not self.encryption:
            return {}
        key = {"SSEKMSKeyId": self.kms_key} if self.kms_key else {}
        return {"ServerSideEncryption": self.encryption, **key}


#: Names of the options.
OPTIONS = tuple(field.name for field in fields(S3Options))
