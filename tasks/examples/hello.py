"""The smallest pipeline: luigi --module tasks.examples.hello Hello --name you --local-scheduler"""

import luigi


class Hello(luigi.Task):
    """Greets somebody in a file."""

    name = luigi.Parameter(default="world", description="whom to greet")
    root = luigi.Parameter(default="data/examples", significant=False, description="folder of the outputs")

    def output(self):
        return luigi.LocalTarget(f"{self.root}/hello-{self.name}.txt")

    def run(self):
        with self.output().open("w") as file:
            file.write(f"Hello, {self.name}!\n")
