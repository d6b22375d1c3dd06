"""One submission from the drop to normalised values and quality, or into quarantine.

Every task is named by the submission and its fingerprint, so by its content: what was done for one release is done for
all, and a corrected submission, whose metadata has other checksums, is another one.
"""

import json
import logging
from functools import partial
from hashlib import sha256

import luigi

from targets import open_target
from tasks.cell_atlas import drop
from tasks.cell_atlas.drop import METADATA
from tasks.cell_atlas.errors import ChangedMeanwhile
from tasks.cell_atlas.models import Quality, Verdict
from tasks.cell_atlas.settings import below_root, in_drop
from tasks.cell_atlas.storage import read_from, write_files

log = logging.getLogger("luigi-interface")


class OfSubmission:
    """What names a submission and its content."""

    submission = luigi.Parameter(description="name of its folder in the drop")
    fingerprint = luigi.Parameter(description="first 16 digits of the SHA-256 of its metadata.json")

    @property
    def content(self):
        """The parameters by name, to hand on."""
        return {"submission": self.submission, "fingerprint": self.fingerprint}

    def below(self, *parts):
        """Give the name of what is made of this submission."""
        return below_root("submissions", self.submission, self.fingerprint, *parts)


class VerifySubmission(OfSubmission, luigi.Task):
    """Whether a submission is as it should be: a verdict with everything that is wrong. Never fails because of that."""

    def output(self):
        return open_target(self.below("verdict.json"), format="text")

    def run(self):
        from tasks.cell_atlas.verification import verify  # noqa: PLC0415 - loads numpy and jsonschema

        verdict = verify(self.submission, self.fingerprint, lambda name: drop.read_file(self.submission, name))
        with self.output().open("w") as file:
            file.write(verdict.model_dump_json(indent=1) + "\n")
        for problem in verdict.problems:
            log.warning("%s: %s, %s: %s", self.submission, problem.file, problem.code, problem.detail)
        log.info("%s is %s", self.submission, "accepted" if verdict.accepted else "quarantined")

    def verdict(self):
        """Read the verdict, which has to be there."""
        with self.output().open("r") as file:
            return Verdict.model_validate_json(file.read())


class QuarantineSubmission(OfSubmission, luigi.Task):
    """The metadata of a submission that is not accepted, and beside it the report of what is wrong."""

    def requires(self):
        return VerifySubmission(**self.content)

    def output(self):
        return open_target(below_root("quarantine", self.submission, self.fingerprint, ""))

    def run(self):
        report = self.requires().verdict().model_dump_json(indent=1) + "\n"
        document = drop.read_file(self.submission, METADATA) or b""
        write_files(self.output(), {METADATA: document, "report.json": report.encode()}.items())


class AcceptSubmission(OfSubmission, luigi.Task):
    """The files of an accepted submission, copied: nothing that happens in the drop later reaches a release."""

    def requires(self):
        return VerifySubmission(**self.content)

    def output(self):
        return open_target(self.below("files", ""))

    def run(self):
        write_files(self.output(), self.verified())

    def verified(self):
        """Give name and bytes of each file. Raises ChangedMeanwhile unless they are those that were verified."""
        document = self.checked(METADATA, self.fingerprint)
        yield METADATA, document
        for name, described in json.loads(document)["files"].items():
            yield name, self.checked(name, described["sha256"])

    def checked(self, name, expected):
        """Give the bytes of one file, whose SHA-256 begins with what is expected."""
        data = drop.read_file(self.submission, name) or b""
        if not sha256(data).hexdigest().startswith(expected):
            actual = sha256(data).hexdigest()
            raise ChangedMeanwhile(url=in_drop(self.submission, name), actual=actual, expected=expected)
        return data


class OfAccepted(OfSubmission):
    """What is made of the files of an accepted submission."""

    def requires(self):
        return AcceptSubmission(**self.content)

    def contents(self):
        """Read the files."""
        from tasks.cell_atlas.contents import Contents  # noqa: PLC0415 - loads numpy

        return Contents.read(partial(read_from, self.input().read()))


class NormaliseSubmission(OfAccepted, luigi.Task):
    """log1p of the counts of a submission, scaled to 10 000 molecules a cell; the columns are those of the panel."""

    def output(self):
        return open_target(self.below("normalised.mtx.gz"), format="bytes")

    def run(self):
        from tasks.cell_atlas.matrices import pack  # noqa: PLC0415 - loads numpy
        from tasks.cell_atlas.measuring import normalise  # noqa: PLC0415

        contents = self.contents()
        with self.output().open("w") as file:
            file.write(pack(normalise(contents.counts, contents.totals)))


class MeasureSubmission(OfAccepted, luigi.Task):
    """The quality of a submission's cells, together and by type."""

    def output(self):
        return open_target(self.below("quality.csv"), model=Quality)

    def run(self):
        from tasks.cell_atlas.measuring import quality  # noqa: PLC0415 - loads numpy

        donor = json.loads(read_from(self.input(), METADATA))["donor"]["id"]
        self.output().write(quality(self.submission, donor, self.contents().cells))


class IngestSubmission(luigi.Task):
    """Everything that is done for one submission as soon as it has arrived: verified, and quarantined or measured."""

    submission = luigi.Parameter(description="name of its folder in the drop, which holds its metadata.json")
    fingerprint = luigi.Parameter(
        default="", description="first 16 digits of the SHA-256 of its metadata.json; empty: of the one that is there"
    )

    def requires(self):
        fingerprint = self.fingerprint or drop.current_fingerprint(self.submission)
        return VerifySubmission(submission=self.submission, fingerprint=fingerprint)

    def output(self):
        return open_target(self.requires().below("settled.json"), format="text")

    def run(self):
        content, verdict = self.requires().content, self.requires().verdict()
        if verdict.accepted:
            yield [NormaliseSubmission(**content), MeasureSubmission(**content)]
        else:
            yield QuarantineSubmission(**content)
        with self.output().open("w") as file:
            file.write(json.dumps({**content, "accepted": verdict.accepted}) + "\n")
