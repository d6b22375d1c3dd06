"""`make demo`: the product started, a real pipeline triggered over HTTP, followed, and triggered again.

Everything it makes lies in the folder `demo` of the checkout. With DEMO_EXIT=1 it ends by itself; its exit status is 0
where both runs succeeded and the report is there.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import requests

CHECKOUT = Path(__file__).resolve().parents[1]
DEMO = CHECKOUT / "demo"
HOME = DEMO / "home"
COMMAND = str(Path(sys.executable).with_name("luigi-trigger"))
PIPELINE, MONTH = "FlightsReport", "2013-01"
REPORT = DEMO / "flights" / "reports" / f"{MONTH}-all-top10.html"
READY_WITHIN_S = 60.0
SETTINGS = """\
[trigger_service]
home = {home}
port = {port}
luigid_port = {luigid_port}
modules = tasks.flights, tasks.examples
[flights]
root = {root}
"""


def say(text=""):
    """Print a line at once."""
    print(text, flush=True)


def heading(text):
    """Print what comes next."""
    say(f"\n== {text}")


def free_or_any(port):
    """The port where it is free; 0, for any that is, where somebody listens on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


def prepare():
    """Write the settings, and remove the outputs of the last demo but the archive; gives the environment."""
    DEMO.mkdir(exist_ok=True)
    for made in (DEMO / "flights").glob("*"):
        if made.name != "source":
            shutil.rmtree(made) if made.is_dir() else made.unlink()
    ports = {"port": free_or_any(8090), "luigid_port": free_or_any(8082)}
    settings = DEMO / "luigi.cfg"
    settings.write_text(SETTINGS.format(home=HOME, root=DEMO / "flights", **ports))
    return {**os.environ, "LUIGI_CONFIG_PATH": str(settings)}


@contextlib.contextmanager
def running(environment):
    """`luigi-trigger up`, ready; gives its address. Ended with the demo."""
    up = subprocess.Popen(
        [COMMAND, "up"], cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield address_of(up)
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait()


def address_of(up):
    """Wait until the service has written where it is."""
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and up.poll() is None:
        with contextlib.suppress(FileNotFoundError):
            told = json.loads((HOME / "service.json").read_text())
            if told["pid"] == up.pid:
                return told["url"]
        time.sleep(0.05)
    sys.exit("luigi-trigger up did not become ready; see the lines above")


def trigger(url):
    """Ask for the run as anybody could; gives its id."""
    body = {"pipeline": PIPELINE, "parameters": {"month": MONTH}, "workers": 2}
    say(f"$ curl -i {url}/api/v1/runs -H 'Content-Type: application/json' -d '{json.dumps(body)}'")
    answer = requests.post(f"{url}/api/v1/runs", json=body, timeout=30)
    say(f"HTTP/1.1 {answer.status_code} {answer.reason}\nLocation: {answer.headers.get('Location')}\n")
    say(json.dumps(answer.json(), indent=2))
    answer.raise_for_status()
    return answer.json()["id"]


def command(url, environment, *arguments):
    """Run a command of the product, shown; gives its exit status."""
    say(f"$ luigi-trigger {' '.join(arguments)}")
    return subprocess.run([COMMAND, "--url", url, *arguments], env=environment, check=False).returncode


def outcome(url, run_id):
    """Print how a run ended; gives how many of its tasks it had to run itself."""
    run = requests.get(f"{url}/api/v1/runs/{run_id}", timeout=30).json()
    tasks = requests.get(f"{url}/api/v1/runs/{run_id}/tasks", timeout=30).json()["items"]
    worked = sum(1 for task in tasks if task["executions"])
    took = datetime.fromisoformat(run["finished_at"]) - datetime.fromisoformat(run["started_at"])
    say(f"Run {run_id}: {run['state']} in {took.total_seconds():.1f} s.")
    say(f"Of {len(tasks)} tasks that it looked at, {worked} had to run.")
    return worked


def show(url, environment):
    """Trigger, follow, trigger again; gives whether everything was as it should be."""
    again = ("run", PIPELINE, "-p", f"month={MONTH}")
    heading(f"A run of {PIPELINE}, asked for over HTTP")
    first = trigger(url)
    heading("The same run, followed: whoever asks for what is under way can attach to it")
    followed = command(url, environment, *again, "--if-active", "attach", "--follow")
    worked = outcome(url, first)
    heading("The same again: every target is there, so there is nothing to do")
    repeated = command(url, environment, *again, "--wait")
    newest = requests.get(f"{url}/api/v1/runs", params={"limit": 1}, timeout=30).json()["items"][0]["id"]
    return followed == 0 and worked > 0 and repeated == 0 and outcome(url, newest) == 0 and REPORT.is_file()


def main():
    """Run the demo; gives the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # the service ends with the demo
    environment = prepare()
    heading("luigi-trigger up")
    with running(environment) as url:
        good = show(url, environment)
        heading("To open")
        say(f"the report      {REPORT}\nthe console     {url}/\nthe visualizer  {url}/luigid/")
        if not good:
            say("\nSomething above went wrong.")
        if os.environ.get("DEMO_EXIT") != "1":
            say("\nCtrl-C ends the demo.")
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
