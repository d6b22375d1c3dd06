"""A workflow of several branches, and what is made of them."""

import law
import luigi

from analysis.base import AnalysisTask

logger = law.logger.get_logger(__name__)


class Histogram(AnalysisTask, law.LocalWorkflow):
    """Counts the letters of one word for each branch."""

    words = law.CSVParameter(default=("law", "luigi"), description="one branch for each")

    def create_branch_map(self):
        return dict(enumerate(self.words))

    def output(self):
        return self.local_target("histogram_{}.json".format(self.branch))

    @law.decorator.log
    @law.decorator.safe_output
    def run(self):
        self.publish_message("counting {}".format(self.branch_data))
        counts = {letter: self.branch_data.count(letter) for letter in sorted(set(self.branch_data))}
        self.output().dump(counts, formatter="json")


class Merged(AnalysisTask):
    """The letters of all words."""

    words = Histogram.words
    scale = law.OptionalBoolParameter(default=None)
    window = law.DurationParameter(default="10s", unit="s")

    def requires(self):
        return Histogram.req(self)

    def output(self):
        return {"counts": self.local_target("counts.json"), "text": self.local_target("counts.txt")}

    def run(self):
        total = {}
        for target in self.input()["collection"].targets.values():
            for letter, count in target.load(formatter="json").items():
                total[letter] = total.get(letter, 0) + count
        logger.warning("%d letters", len(total))
        self.output()["counts"].dump(total, formatter="json")
        with self.output()["text"].open("w") as text:
            text.write(" ".join("{}{}".format(*item) for item in sorted(total.items())) + "\n")


class Everything(AnalysisTask, law.WrapperTask):
    """All there is."""

    def requires(self):
        yield Merged.req(self)
        yield Merged.req(self, words=("one", "two", "three"), version="other")


class Failing(AnalysisTask):
    """Does not work."""

    attempts = luigi.IntParameter(default=1)

    def output(self):
        return self.local_target("never")

    def run(self):
        raise RuntimeError("attempt {} is no good".format(self.attempts))
