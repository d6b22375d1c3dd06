"""What all tasks of this analysis have in common."""

import os

import law
import luigi


class AnalysisTask(law.Task):
    """A task with a version and a place for its files."""

    version = luigi.Parameter(default="v1", description="mandatory version that is encoded into output paths")

    def store_parts(self):
        return (self.__class__.__name__, self.version)

    def local_target(self, *path):
        return law.LocalFileTarget(os.path.join("$ANALYSIS_STORE", *self.store_parts(), *path))
