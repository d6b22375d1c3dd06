"""A pipeline in the style of gokart: tasks dump and load values, and are given each other as parameters."""

import numpy

import gokart
import luigi
import pandas

gokart.add_config("./conf/param.ini")


class Squares(gokart.TaskOnKart):
    """A table of squares; how many comes from the configuration."""

    until = luigi.IntParameter()

    def run(self):
        frame = pandas.DataFrame({"n": range(self.until)})
        frame["square"] = frame["n"] ** 2
        print(f"{len(frame)} squares")
        self.dump(frame)


class Drawn(gokart.TaskOnKart):
    """A number by chance, from a seed that gokart fixes."""

    fix_random_seed_value = luigi.IntParameter(default=57)

    def run(self):
        self.dump(int(numpy.random.randint(0, 1000)))


class Scaled(gokart.TaskOnKart):
    """The column of squares of any task, times a factor."""

    source = gokart.TaskInstanceParameter()
    factor = luigi.IntParameter(default=2)
    loud = gokart.ExplicitBoolParameter(default=False)

    def output(self):
        return self.make_target("scaled.csv")

    def run(self):
        frame = self.load(self.source)
        self.task_log["rows"] = len(frame)
        self.dump(frame.assign(square=frame["square"] * self.factor)[["n", "square"]])


class Total(gokart.TaskOnKart):
    """Text, not a pickle: what the others have found."""

    def requires(self):
        return {"scaled": Scaled(source=Squares()), "drawn": Drawn()}

    def output(self):
        return self.make_target("total.txt", use_unique_id=False)

    def run(self):
        total = int(self.load("scaled")["square"].sum())
        self.dump(f"total {total}, drawn {self.load('drawn')}")


class Built(gokart.TaskOnKart):
    """Asks gokart for a value while it runs."""

    def output(self):
        return self.make_target("built.txt", use_unique_id=False)

    def run(self):
        frame = gokart.build(Squares(until=3), reset_register=False)
        self.dump(f"built {len(frame)}")


class Empty(gokart.TaskOnKart):
    """Dumps nothing, which the configuration forbids."""

    def run(self):
        self.dump(pandas.DataFrame())


if __name__ == "__main__":
    gokart.run()
