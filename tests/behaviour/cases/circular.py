"""Three tasks that need each other in a circle."""

import luigi

from cases.ledger import place, write

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs nothing: no task was granted run permission, it says; exits with 0.",
    "reports": "Failed: the circle, task by task.",
    "state": "failed",
    "tasks": {"pending": 3},
    "ran": [],
    "error": [
        "CircularRequirements",
        "First__99914b932b needs cases.circular.Second__99914b932b, which needs cases.circular.First__",
        "First",
    ],
    "plain_face": ":|",
}


class Second(luigi.Task):
    def requires(self):
        return First()

    def output(self):
        return place(self)

    def run(self):
        write(self)


class First(Second):
    def requires(self):
        return Second()


class Root(Second):
    def requires(self):
        return First()
