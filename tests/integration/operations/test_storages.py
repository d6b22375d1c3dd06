"""Targets of several storages are taken away, built again and put back as one: objects, rows of a table, a folder."""

import uuid

import boto3
import pytest
from seaweed import KEY, SECRET
from town import Town

REMOTE = '''
import luigi
from pydantic import BaseModel
from targets import open_target

class Count(BaseModel):
    word: str
    count: int

class Words(luigi.Task):
    """An object."""
    name = luigi.Parameter()
    bucket = luigi.Parameter()
    def output(self):
        return open_target(f"{self.bucket}/{self.name}/words.txt")
    def run(self):
        with self.output().open("w") as file:
            file.write("a b a")

class Counts(Words):
    """Rows of a table, which other names share."""
    def requires(self):
        return Words(name=self.name, bucket=self.bucket)
    def output(self):
        return open_target("sqlite:///counts.db#counts", model=Counted, partition={"name": self.name})
    def run(self):
        with self.input().open("r") as file:
            words = file.read().split()
        rows = [Counted(name=self.name, word=word, count=words.count(word)) for word in sorted(set(words))]
        self.output().write(rows)

class Counted(Count):
    name: str

class Pages(Words):
    """A folder of objects."""
    def requires(self):
        return Counts(name=self.name, bucket=self.bucket)
    def output(self):
        return open_target(f"{self.bucket}/{self.name}/pages/")
    def run(self):
        with self.output().writing() as out:
            for row in self.input().read():
                with out.open(row.word, "text") as file:
                    file.write(str(row.count))
'''


@pytest.fixture(scope="module")
def town(tmp_path_factory, seaweed):
    """A service whose tasks find the S3 server."""
    made = Town(tmp_path_factory.mktemp("remote"))
    (made.folder / "steps.py").write_text(REMOTE)
    names = {"AWS_ENDPOINT_URL_S3": seaweed.url, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    for name, value in {**names, "AWS_DEFAULT_REGION": "us-east-1"}.items():
        made.set(name, value)
    try:
        yield made.start()
    finally:
        made.end()


@pytest.mark.long
def test_an_object_rows_and_a_folder_go_and_come_back_as_one(town, seaweed):
    bucket = f"s3://{seaweed.bucket(f'town-{uuid.uuid4()}')}"
    for name in ("a", "b"):
        run = town.trigger_with("Pages", {"name": name, "bucket": bucket})
        town.reaches(run, "succeeded")
    words, pages = f"{bucket}/a/words.txt", f"{bucket}/a/pages/"
    town.written(words, pages)
    keys = objects(seaweed, bucket)

    plan = town.post("/targets/plan", 200, urls=[words])
    assert plan["possible"], plan
    assert [task["family"] for task in plan["tasks"]] == ["Words", "Counts", "Pages"]
    operation = town.over(town.post("/targets/invalidate", urls=[words]))
    assert (operation["state"], operation["counts"]["trashed"]) == ("moved", 3), operation
    left = objects(seaweed, bucket)
    assert {key for key in left if not key.startswith(".luigi-trash/")} == {key for key in keys if key.startswith("b/")}

    undone = town.over(town.post(f"/operations/{operation['id']}/undo"))
    assert (undone["state"], undone["counts"]["restored"]) == ("undone", 3), undone
    assert objects(seaweed, bucket) == keys

    # and a retry builds all of it again
    again = town.post(f"/runs/{run}/retry", everything=True)
    town.reaches(again["id"], "succeeded")
    assert town.get(f"/runs/{again['id']}")["progress"]["done"] == 3


def objects(seaweed, bucket):
    """The keys in a bucket."""
    client = boto3.client(
        "s3", endpoint_url=seaweed.url, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
    )
    try:
        return {each["Key"] for each in client.list_objects_v2(Bucket=bucket.removeprefix("s3://")).get("Contents", [])}
    finally:
        client.close()
