"""`named_worker.py URL WORKER_ID FOLDER NAME [NEEDS...]`: a stock luigi worker under a name of the test's choice."""

import sys

import luigi
from luigi.rpc import RemoteScheduler
from luigi.worker import Worker
from steps import Step


class Factory:
    def __init__(self, worker_id):
        self.worker_id = worker_id

    def create_remote_scheduler(self, url):
        return RemoteScheduler(url)

    def create_worker(self, scheduler, worker_processes, assistant=False):
        return Worker(
            scheduler=scheduler, worker_id=self.worker_id, worker_processes=worker_processes, assistant=assistant
        )


if __name__ == "__main__":
    url, worker_id, folder, name, *needs = sys.argv[1:]
    root = Step(folder=folder, name=name, needs=needs)
    luigi.build([root], worker_scheduler_factory=Factory(worker_id), scheduler_url=url)
