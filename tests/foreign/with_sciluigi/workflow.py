"""A workflow in the style of sciluigi: tasks are wired by their inputs and outputs."""

import luigi
import sciluigi


class Words(sciluigi.ExternalTask):
    """A file that is there."""

    def out_words(self):
        return sciluigi.TargetInfo(self, "words.txt")


class Upper(sciluigi.Task):
    """The words in capitals, by a shell command."""

    in_words = None

    def out_upper(self):
        return sciluigi.TargetInfo(self, "out/upper.txt")

    def run(self):
        self.ex("mkdir -p out && tr a-z A-Z < {} > {}".format(self.in_words().path, self.out_upper().path))


class Joined(sciluigi.Task):
    """Several files one after the other."""

    separator = sciluigi.Parameter(default=", ")
    in_parts = None

    def out_joined(self):
        return sciluigi.TargetInfo(self, "out/joined.txt")

    def run(self):
        parts = [part().open().read().split() for part in self.in_parts]
        with self.out_joined().open("w") as sink:
            sink.write(self.separator.join(sum(parts, [])) + "\n")


class Study(sciluigi.WorkflowTask):
    """The whole workflow."""

    separator = luigi.Parameter(default=" / ")

    def workflow(self):
        words = self.new_task("words", Words)
        upper = self.new_task("upper", Upper)
        upper.in_words = words.out_words
        joined = self.new_task("joined", Joined, separator=self.separator)
        joined.in_parts = [words.out_words, upper.out_upper]
        return joined


if __name__ == "__main__":
    sciluigi.run_local(main_task_cls=Study)
