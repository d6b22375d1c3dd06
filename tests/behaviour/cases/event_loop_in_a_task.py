"""asyncio in a task."""

import asyncio

import luigi

from cases.ledger import note, place

luigi.auto_namespace(scope=__name__)

EXPECT = {
    "plain": "Runs it.",
    "reports": "The same.",
    "state": "succeeded",
    "tasks": {"done": 1},
    "ran": ["Root"],
}


class Root(luigi.Task):
    def output(self):
        return place(self)

    def run(self):
        note(self)
        asyncio.run(self.talk())

    async def talk(self):
        process = await asyncio.create_subprocess_exec("echo", "from a subprocess")
        await process.wait()
        with self.output().open("w") as file:
            file.write(str(process.returncode))
