"""The pipelines of this project: every module in here is offered, because luigi.cfg says `modules = tasks`."""
