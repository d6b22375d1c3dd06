"""Luigi's own examples, as its source distribution has them: with plain `luigi` and with the product."""

import re
import shutil
from pathlib import Path

import pytest
from fetching import CACHE, luigi_source
from flights_archive import locked
from product import Up
from projects import counts, files_below, pipelines, plain, ran, settings_beside

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

#: Where the examples write, whoever runs them.
WRITTEN = {
    "/tmp": ("Config_*.txt", "Data_*.txt", "Dynamic_*.txt", "_docs-*", "bar/*"),
    "/var/tmp": ("text/*", "text-count/*"),
}
TEXTS = Path("/var/tmp/text")
#: By module: the root, its parameters, how many tasks may run at a time, and what plain `luigi` counts.
RUN = {
    "hello_world": ("examples.HelloWorldTask", {}, 1, {"scheduled": 1, "done": 1}),
    "foo": ("examples.Foo", {}, 5, {"scheduled": 11, "done": 11}),
    "dynamic_requirements": ("Dynamic", {"seed": 13}, 8, {"scheduled": 17, "done": 17}),
    "elasticsearch_index": ("FakeDocuments", {"date": "2020-01-01"}, 1, {"scheduled": 1, "done": 1}),
    "wordcount": ("WordCount", {"date_interval": "2020-W01"}, 1, {"scheduled": 8, "complete": 7, "done": 1}),
    "execution_summary_example": ("examples.EntryPoint", {}, 1, {"scheduled": 218, "done": 196}),
}
#: What cannot be run here, by module: the families and why.
NOT_RUN = {
    "elasticsearch_index": ({"IndexDocuments"}, "needs Elasticsearch"),
    "foo_complex": ({"examples.Foo", "examples.Bar"}, "draws its graph at each look: plain luigi fails now and then"),
    "ftp_experiment_outputs": ({"ExperimentTask", "ProcessingTask"}, "needs an FTP server"),
    "kubernetes": ({"PerlPi"}, "needs Kubernetes"),
    "pyspark_wc": ({"InlinePySparkWordCount", "PySparkWordCount"}, "needs Spark and S3"),
    "spark_als": ({"UserItemMatrix", "SparkALS"}, "needs Hadoop and Spark"),
    "ssh_remote_execution": ({"CreateRemoteData", "ProcessRemoteData"}, "needs a host to reach by ssh"),
    "top_artists": ({"ExternalStreams", "StreamsHdfs", "AggregateArtistsSpark", "ArtistToplistToDatabase"},
                    "needs Hadoop, Spark, PostgreSQL"),
}  # fmt: skip
#: Of the modules that are run: what the roots above require, or what another test runs.
REQUIRED = {
    "foo": {"examples.Bar"},
    "dynamic_requirements": {"Configuration", "Data"},
    "wordcount": {"InputText"},
    "execution_summary_example": {"MyExternal", "examples.Boom", "examples.Foo", "examples.Bar", "examples.DateTask"},
    "top_artists": {"Streams", "AggregateArtists", "Top10Artists"},
    "per_task_retry_policy": {"examples.PerTaskRetryPolicy", "ErrorTask1", "ErrorTask2", "DynamicErrorTaskSubmitter",
                              "DynamicErrorTask1", "SuccessTask1", "SuccessSubTask1"},
}  # fmt: skip
#: Modules that plain Luigi cannot import either: the last two need a file that Luigi 3.8.1 was released without.
BROKEN = {
    "top_artists_spark": "ModuleNotFoundError: No module named 'pyspark'",
    "terasort": "ImportError: cannot import name 'mrrunner' from 'luigi.contrib'",
    "wordcount_hadoop": "ImportError: cannot import name 'mrrunner' from 'luigi.contrib'",
}


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """`up` running in a folder with the examples."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(luigi_source() / "examples", folder / "examples")
    service = Up(folder, **settings_beside(folder.with_name("beside.cfg"), "examples"))
    try:
        yield service.start()
    finally:
        service.end()


@pytest.fixture
def alone(tmp_path):
    """A folder with the examples for plain `luigi`."""
    shutil.copytree(luigi_source() / "examples", tmp_path / "examples")
    return tmp_path


@pytest.fixture
def written():
    """Has the places to itself where the examples write; takes what lies there, and leaves nothing."""

    def taken():
        places = [(Path(folder), pattern) for folder, patterns in WRITTEN.items() for pattern in patterns]
        found = {str(path): path for folder, pattern in places for path in folder.glob(pattern)}
        content = {name: path.read_bytes() for name, path in found.items()}
        for path in found.values():
            path.unlink()
        return content

    with locked(CACHE / "written-by-examples.lock"):
        taken()
        yield taken
        taken()


def options_of(parameters):
    return [word for name, value in parameters.items() for word in (f"--{name.replace('_', '-')}", str(value))]


@pytest.mark.parametrize("module", RUN)
def test_an_example_gives_the_same_with_and_without_the_service(examples, alone, written, module):
    # Given
    family, parameters, workers, expected = RUN[module]
    module = f"examples.{module}"

    # When
    _write_texts()
    done = plain(alone, module, family, *options_of(parameters), "--workers", str(workers))
    by_luigi = written()
    _write_texts()
    run = ran(examples, family, parameters, 200.0, module=module, workers=workers)
    by_product = written()

    # Then
    assert done.counts == expected
    assert counts(examples, run) == expected
    assert by_product == by_luigi
    assert run["state"] == ("failed" if "missing external dependencies" in done.said else "succeeded"), run["error"]


def test_the_example_of_retries_fails_as_in_luigi_after_as_many_tries_as_it_asks_for(examples, alone, written):
    # Given that plain `luigi` tries again only with these options
    options = ("--worker-keep-alive", "--scheduler-retry-delay", "0", "--worker-wait-interval", "0.05",
               "--worker-wait-jitter", "0")  # fmt: skip
    module, family = "examples.per_task_retry_policy", "examples.PerTaskRetryPolicy"

    # When
    done = plain(alone, module, family, *options)
    by_luigi = written()
    run = ran(examples, family, {}, module=module)

    # Then: plain `luigi` counts the root twice, among what has failed and what has missing dependencies
    assert done.counts == {"scheduled": 8, "done": 2, "failed": 3}
    assert counts(examples, run) == {"scheduled": 7, "done": 2, "failed": 3}
    assert written() == by_luigi
    assert run["state"] == "failed"
    tasks = {task["family"]: task["executions"] for task in examples.get(f"/runs/{run['id']}/tasks")["items"]}
    for task, tries in {"ErrorTask1": 5, "ErrorTask2": 2, "DynamicErrorTask1": 3}.items():
        assert tasks[task] == len(re.findall(rf" failed +{task}\(\)", done.said)) == tries


def test_the_top_artists_are_the_same_of_the_same_streams(examples, alone):
    # Given streams, which the example draws at random
    interval = {"date_interval": "2012-06-01-2012-06-04"}
    for day in (1, 2, 3):
        done = plain(alone, "examples.top_artists", "Streams", "--date", f"2012-06-0{day}")
        assert done.counts == {"scheduled": 1, "done": 1}
    shutil.copytree(alone / "data", examples.folder / "data")

    # When
    done = plain(alone, "examples.top_artists", "Top10Artists", *options_of(interval))
    run = ran(examples, "Top10Artists", interval)

    # Then
    assert done.counts == counts(examples, run) == {"scheduled": 5, "complete": 3, "done": 2}
    assert files_below(examples.folder / "data") == files_below(alone / "data")
    assert ran(examples, "Top10Artists", interval)["progress"]["total"] == 1


def test_every_example_is_in_the_catalogue_or_told_to_be_broken(examples):
    found, broken = pipelines(examples)
    expected = {(f"examples.{module}", run[0]) for module, run in RUN.items()}
    for module, families in [*REQUIRED.items(), *((module, families) for module, (families, _) in NOT_RUN.items())]:
        expected |= {(f"examples.{module}", family) for family in families}
    assert found == expected
    for module, reason in BROKEN.items():
        assert broken[f"examples.{module}"].startswith(reason)


def _write_texts():
    """What the example of counting words reads: a text for each day of a week."""
    TEXTS.mkdir(exist_ok=True)
    for day in ("2019-12-30", "2019-12-31", *(f"2020-01-0{day}" for day in range(1, 6))):
        (TEXTS / f"{day}.txt").write_text(f"to be or not to be\non {day}\n")
