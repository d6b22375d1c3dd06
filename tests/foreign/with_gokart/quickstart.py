"""What everybody tries first: a task, and the pipeline run as soon as the file is."""

import gokart


class Example(gokart.TaskOnKart[str]):
    """Says hello."""

    def run(self):
        self.dump("Hello, world!")


print(gokart.build(Example()))
