"""Private values are nowhere: every byte is searched that the product writes, says, or shows while it runs."""

import base64
import contextlib
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from polling import until
from product import COMMAND, Product

PASSWORD = "tr0ub4dor&3 ünd/söhne+\"'"
PEM = "-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA7bq\nq9Zx0W2rLk8vYc1uT5d\n-----END KEY-----"
PIN = 730218
HOSTS = ["db-one.internal", "db-two.internal"]
TOKEN = "hidden-token-4711"
FROM_FILE = "from-the-file-0815"
DERIVED = "derived-secret-2718"
SECRETS = [PASSWORD, *PEM.splitlines()[1:3], str(PIN), *HOSTS, TOKEN, FROM_FILE, DERIVED]
GIVEN = {"password": PASSWORD, "key": PEM, "pin": PIN, "hosts": HOSTS, "token": TOKEN}

TASKS = '''
"""Tasks that give their private values away in every way they can."""
import base64, json, logging, os, subprocess, sys, time
from pathlib import Path
from urllib.parse import quote
import luigi
from luigi.parameter import ParameterVisibility

PRIVATE = {"visibility": ParameterVisibility.PRIVATE}
HIDDEN = {"visibility": ParameterVisibility.HIDDEN}
log = logging.getLogger("talker")

def wait_for_the_pump():
    """Until it has looked at what was printed before: it reads all there is before it is woken by the second mark."""
    for _ in range(2):
        mark = f"mark {os.urandom(8).hex()}"
        print(mark, file=sys.stderr)
        log = Path("/proc/self/fd/1").readlink().parent / ".run" / "0" / "log.jsonl"
        deadline = time.monotonic() + 20
        while not (log.exists() and mark in log.read_text()) and time.monotonic() < deadline:
            time.sleep(0.002)

class database(luigi.Config):
    secret = luigi.Parameter(**PRIVATE)

print("imported with", database().secret)

class Holder(luigi.Task):
    name = luigi.Parameter()
    password = luigi.Parameter(**PRIVATE)
    key = luigi.Parameter(**PRIVATE)
    pin = luigi.IntParameter(**PRIVATE)
    hosts = luigi.ListParameter(**PRIVATE)
    token = luigi.Parameter(**HIDDEN)

    def values(self):
        return [self.password, self.key, str(self.pin), *self.hosts, self.token, database().secret]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        print("made with", self.values())

class Derived(luigi.Task):
    """Has a private value of its own, and its parent's password in a public one."""
    path = luigi.Parameter()
    own = luigi.Parameter(**PRIVATE)
    def complete(self):
        print("asked with", self.own)
        return Path(f"out/derived-{len(self.path)}").exists()
    def run(self):
        print("run with", self.own, self.path)
        Path(f"out/derived-{len(self.path)}").touch()

class Talker(Holder):
    def requires(self):
        return Derived(path="to/" + self.password, own="derived-secret-2718")
    def output(self):
        return luigi.LocalTarget("out/" + self.name + "-" + self.token + "-" + str(self.pin))
    def run(self):
        for value in self.values():
            print("printed", value, "and", repr(value), json.dumps(value), quote(value), repr(value.encode()))
            print("encoded", base64.b64encode(b"user:" + value.encode()).decode())
            sys.stderr.write("error " + value + "\\n")
            log.warning("logged %s", value)
            logging.getLogger(value).error("its own logger")
            subprocess.run(["echo", "echoed", value], check=True)
            half = len(value) // 2
            sys.stdout.write("split " + value[:half])
            sys.stdout.flush()
            wait_for_the_pump()
            print(value[half:])
            self.set_status_message("status " + value)
            self.set_tracking_url("http://127.0.0.1/" + value)
        print("list", self.hosts, [self.hosts], self)
        self.finish()
    def finish(self):
        with self.output().open("w") as file:
            file.write("done")

class Waits(Talker):
    def finish(self):
        Path("waits-" + self.name).touch()
        while not Path("go-" + self.name).exists():
            time.sleep(0.02)
        super().finish()

class Raises(Talker):
    def finish(self):
        try:
            raise KeyError(self.password)
        except KeyError:
            raise RuntimeError(" ".join(self.values()))

class AsksBadly(Holder):
    def complete(self):
        raise ValueError(" ".join(self.values()))

class MadeBadly(Holder):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        raise ValueError(" ".join(self.values()))

class NoOutput(Holder):
    """Says done and is not."""
    def requires(self):
        return []
    def output(self):
        return luigi.LocalTarget("out/never-" + self.password.replace("/", "_") + self.token)
    def run(self):
        pass
'''


@pytest.fixture(scope="module")
def talking(tmp_path_factory):
    product = Product(tmp_path_factory.mktemp("talking"))
    (product.folder / "talkers.py").write_text(TASKS)
    (product.folder / "out").mkdir()
    product.configure("", ports=f"port = 0\nluigid_port = 0\n[database]\nsecret = {FROM_FILE}\n")
    config = (product.folder / "luigi.cfg").read_text().replace("modules = steps", "modules = talkers")
    (product.folder / "luigi.cfg").write_text(config)
    try:
        yield product.start()
    finally:
        product.end()


def encodings(secret):
    """A value as it may stand in a file, in bytes; a file of JSON escapes it once more."""
    written = [secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret), quote(secret, safe="")]
    written += [json.dumps(text)[1:-1] for text in written]
    padded = base64.b64encode(b"user:" + secret.encode()).decode()
    return {text.encode() for text in written} | {padded[8:-4].encode()}


NEEDLES = {form: secret for secret in SECRETS for form in encodings(secret)}


def found_in(content):
    """The private values in some bytes."""
    return sorted({secret for form, secret in NEEDLES.items() if form in content})


def leaks_on_disk(folder):
    """Which files below the home folder have private values in them, or in their names; links are followed nowhere."""
    leaks = []
    for path in (path for path in folder.rglob("*") if not path.is_symlink()):
        leaks += [(str(path), secret) for secret in found_in(os.fsencode(path.relative_to(folder)))]
        if path.is_file():
            leaks += [(str(path), secret) for secret in found_in(path.read_bytes())]
    return leaks


def leaks_of_processes(product):
    """Which processes of the product have private values in their command line or environment."""
    leaks = []
    ours = [product.process.pid, *(process.pid for process in product.left_behind())]
    for pid in ours:
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                leaks += [(pid, name, secret) for secret in found_in(Path(f"/proc/{pid}/{name}").read_bytes())]
    assert len(ours) > 5
    return leaks


def leaks_of_answers(product, run_id):
    """Which answers, of the API and of luigid, have private values in them."""
    api = f"{product.url}/api/v1"
    pages = [f"{api}{path}" for path in ("/pipelines", "/runs", f"/runs/{run_id}", "/openapi.json")]
    pages += [f"{api}/runs/{run_id}/{part}" for part in ("tasks", "attempts", "logs?limit=1000", "logs.txt")]
    pages += [f"{api}/runs/{run_id}/{part}" for part in ("logs.jsonl", "graph", "targets", f"diff/{run_id}")]
    pages += [f"{product.url}{path}" for path in ("/readyz", "/metrics", "/healthz")]
    luigid = f"http://127.0.0.1:{product.luigid_port()}"
    everything = quote(json.dumps({"status": "", "upstream_status": "", "search": ""}))
    pages += [f"{luigid}/api/task_list?data={everything}", f"{luigid}/api/graph", f"{luigid}/api/worker_list"]
    leaks = [(page, secret) for page in pages for secret in found_in(product.http.get(page, timeout=30).content)]
    with product.http.get(f"{api}/runs/{run_id}/events", stream=True, timeout=30) as events:
        leaks += [("events", secret) for secret in found_in(next(events.iter_content(1 << 20), b""))]
    tasks = product.http.get(f"{luigid}/api/task_list?data={everything}", timeout=30).json()["response"]
    for task_id in tasks:
        about = quote(json.dumps({"task_id": task_id}))
        for method in ("fetch_error", "dep_graph", "get_task_status_message"):
            content = product.http.get(f"{luigid}/api/{method}?data={about}", timeout=30).content
            leaks += [(method, secret) for secret in found_in(content)]
    return leaks


def ended(product, family, name, state, **more):
    run_id = product.trigger_with(family, {"name": name, **GIVEN}, **more)
    product.reaches(run_id, state, 30.0)
    until(lambda: list((product.home / "runs" / run_id).glob("*/pumped")), "the log is whole")
    return run_id


def texts(product, run_id):
    return [line["text"] for line in product.get(f"/runs/{run_id}/logs?limit=1000")["items"]]


def cli(product, *arguments):
    """What a command says, on both streams."""
    command = [COMMAND, *arguments]
    done = subprocess.run(command, cwd=product.folder, capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_while_a_run_lasts_no_file_no_process_and_no_answer_has_its_private_values(talking, workers):
    run_id = talking.trigger_with("Waits", {"name": f"live{workers}", **GIVEN}, workers=workers)
    until((talking.folder / f"waits-live{workers}").exists, "the task has said all")
    until(lambda: any("list" in text for text in texts(talking, run_id)), "all is in the log")

    assert leaks_on_disk(talking.home) == []
    assert leaks_of_processes(talking) == []
    assert leaks_of_answers(talking, run_id) == []
    said = texts(talking, run_id)
    assert said.count("printed *** and '***' \"***\" *** b'***'") >= 4
    assert any(text.startswith("split ***") for text in said)

    (talking.folder / f"go-live{workers}").touch()
    talking.reaches(run_id, "succeeded", 30.0)


@pytest.mark.parametrize("family", ["Raises", "AsksBadly", "NoOutput"])
def test_what_fails_tells_why_without_the_private_values(talking, family):
    run_id = ended(talking, family, family.lower(), "failed")

    error = talking.get(f"/runs/{run_id}")["error"]
    assert "***" in f"{error['message']} {error['traceback']}"
    assert leaks_on_disk(talking.home) == []
    assert leaks_of_answers(talking, run_id) == []
    said = cli(talking, "runs", run_id) + cli(talking, "logs", run_id) + cli(talking, "runs", run_id, "--json")
    assert found_in(said) == []
    assert b"***" in said


def test_no_answer_to_a_request_that_is_refused_has_its_private_values(talking):
    refused = [
        {"pipeline": "MadeBadly", "parameters": {"name": "x", **GIVEN}},
        {"pipeline": "Talker", "parameters": {"name": "x", **GIVEN, "pin": TOKEN, "hosts": PASSWORD, "nope": 1}},
        {"pipeline": "Talker", "parameters": json.dumps(GIVEN)},
        {"pipeline": "Talker", "parameters": [GIVEN]},
        {"pipeline": "Talker", "parameters": GIVEN, "workers": "many"},
        [{"pipeline": "Talker", "parameters": GIVEN}],
    ]
    for body in refused:
        for path in ("/runs", "/plans"):
            answer = talking.http.post(f"{talking.url}/api/v1{path}", json=body, timeout=20)
            assert answer.status_code == 422, answer.text
            assert found_in(answer.content) == [], answer.text
    assert leaks_on_disk(talking.home) == []


def test_a_plan_has_no_private_values(talking):
    body = {"pipeline": "Talker", "parameters": {"name": "planned", **GIVEN}}

    answer = talking.http.post(f"{talking.url}/api/v1/plans", json=body, timeout=20)

    assert answer.status_code == 200, answer.text
    assert "***" in answer.text
    assert found_in(answer.content) == []
    assert leaks_on_disk(talking.home) == []


def test_a_retry_has_the_private_values_without_being_given_them_again(talking):
    run_id = ended(talking, "Raises", "again", "failed")

    answer = talking.http.post(f"{talking.url}/api/v1/runs/{run_id}/retry", timeout=30)
    retried = answer.json()["id"]
    talking.reaches(retried, "failed", 30.0)

    assert talking.get(f"/runs/{retried}")["error"]["traceback"].count("***") >= 5
    assert leaks_on_disk(talking.home) == []


def test_nothing_is_left_in_memory_when_the_log_is_whole(talking):
    run_id = ended(talking, "Talker", "tidy", "succeeded")

    until(lambda: not linked(run_id), "the folder in memory is removed")


def linked(run_id):
    """The folders in memory that belong to a run."""
    links = [link.readlink() for link in Path("/dev/shm").glob("luigi-trigger-*/.run")]
    return [link for link in links if run_id in str(link)]


def test_nothing_that_stays_after_the_end_has_private_values(talking):
    ended(talking, "Talker", "last", "succeeded")

    talking.process.terminate()
    talking.wait()

    assert (talking.home / "luigid" / "state.pickle").exists() or list((talking.home / "luigid").iterdir())
    assert leaks_on_disk(talking.home) == []
    assert found_in(talking.output.read_bytes()) == []
    talking.start()
