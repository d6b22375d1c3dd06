"""A release: the submissions that were in the drop when it was begun, and what became of each.

Which they are is written down first, and never changes: a rerun does nothing, and a submission that arrives later
belongs to the next release.
"""

import logging

import luigi

from targets import open_target
from tasks.cell_atlas import drop
from tasks.cell_atlas.errors import EmptyRelease
from tasks.cell_atlas.models import Fault, Listed, Member
from tasks.cell_atlas.settings import below_root, cell_atlas
from tasks.cell_atlas.submissions import IngestSubmission, VerifySubmission

log = logging.getLogger("luigi-interface")


class OfRelease:
    """What names a release."""

    release = luigi.DateParameter(
        description="day the release is named for; it has the submissions that are in the drop when it is first built"
    )

    def below(self, *parts):
        """Give the name of what is made of this release."""
        return below_root("releases", self.release.isoformat(), *parts)


class ListDrop(OfRelease, luigi.Task):
    """The submissions of a release, written down when it is begun."""

    def output(self):
        return open_target(self.below("listed.csv"), model=Listed)

    def run(self):
        names = drop.submissions()
        self.output().write(Listed(submission=name, fingerprint=drop.current_fingerprint(name)) for name in names)
        log.info("The release %s has %d submissions", self.release, len(names))


class ReleaseMembers(OfRelease, luigi.Task):
    """What became of each submission of a release: accepted, or quarantined and why. Each is settled first."""

    def requires(self):
        return ListDrop(release=self.release)

    def output(self):
        return {
            "members": open_target(self.below("members.csv"), model=Member),
            "faults": open_target(self.below("faults.csv"), model=Fault),
        }

    def run(self):
        listed = [row.model_dump() for row in self.input().read()]
        yield [IngestSubmission(**content) for content in listed]
        verdicts = [VerifySubmission(**content).verdict() for content in listed]
        self.output()["faults"].write(
            Fault(submission=each.submission, **dict(problem)) for each in verdicts for problem in each.problems
        )
        self.output()["members"].write(
            Member(accepted=each.accepted, **each.model_dump(exclude={"problems"})) for each in verdicts
        )
        log.info("%s: %d of %d accepted", self.release, sum(each.accepted for each in verdicts), len(verdicts))


class OfMembers(OfRelease):
    """What is made of the accepted submissions of a release."""

    def requires(self):
        return ReleaseMembers(release=self.release)

    def accepted(self):
        """The accepted submissions, by name. Raises EmptyRelease where there is none."""
        members = list(ReleaseMembers(release=self.release).output()["members"].read())
        accepted = [member for member in members if member.accepted]
        if not accepted:
            listing = ListDrop(release=self.release).output()
            raise EmptyRelease(
                release=self.release, quarantined=len(members), drop=cell_atlas().drop, listing=listing.url
            )
        return accepted
