"""One of everything that the console shows, on a running stack, and the address of every page that shows it."""

import re
from urllib.parse import quote

import requests
from polling import until

MONTH = {"month": "2013-01"}
#: Its next fire but one may be moved by a change of the clocks.
NIGHTLY = {"expression": "30 2 * * *", "timezone": "Europe/Berlin"}
HOOK = {"pipeline": "FlightsReport", "source": {"kind": "webhook"}, "mapping": {"month": "/month"}}
WATCH = {"pipeline": "Hello", "source": {"kind": "file", "inbox": "in", "pattern": r"(?P<name>\w+)\.csv"}}
AFTER = {
    "pipeline": "Hello",
    "source": {"kind": "pipeline", "pipelines": ["FlightsReport"]},
    "mapping": {"name": "/id"},
}
RULE = {"events": ["failed"], "channel": {"kind": "slack", "url": "https://hooks.example/x"}}
#: Answers that are no pages: for machines, for scripts, or leading elsewhere.
NO_PAGES = frozenset(
    {
        *("/healthz", "/readyz", "/metrics", "/live", "/static/<name>"),
        *("/luigid/", "/luigid/<location>/<environment>/"),
        *("/runs/<run_id>/logs", "/runs/<run_id>/preview/content", "/schedules/<name>/now"),
    }
)


class Everything:
    """What was made, by the names of the arguments of routes."""

    def __init__(self, stack):
        self.stack = stack
        self.done, self.other = stack.report(**MONTH), stack.report(**MONTH, origin="JFK")
        self.failed = self._failed()
        self.cancelled = self._cancelled()
        self.live = stack.trigger_with("Vigil", {"airport": "LGA"}, pools=["warehouse"], labels={"team": "radar"})
        stack.reaches(self.live, "running")
        with stack.client() as client:
            self._make(client)
        self.report = self._target("all-top10.html")
        self.told = self._told()

    def _failed(self):
        with self.stack.damaged():
            run_id = self.stack.trigger_with("FlightsReport", {"month": "2013-06"}, workers=2)
            assert self.stack.ended(run_id)["state"] == "failed"
        return run_id

    def _cancelled(self):
        run_id = self.stack.trigger_with("Vigil", {"airport": "EWR"})
        self.stack.reaches(run_id, "running")
        self.stack.http.post(f"{self.stack.url}/api/v1/runs/{run_id}/cancel", timeout=30)
        self.stack.reaches(run_id, "cancelled", 60)
        return run_id

    def _make(self, client):
        reported = {"pipeline": "FlightsReport", "parameters": MONTH}
        client.schedules.save("nightly", body={**reported, "timing": NIGHTLY})
        for name, body in (("reports", HOOK), ("arrivals", WATCH), ("after", AFTER)):
            client.sensors.save(name, body=body)
        client.presets.save("FlightsReport/jfk", body={"parameters": {**MONTH, "origin": "JFK"}})
        client.notifications.save("ops", body=RULE)
        days = {"start": "2013-01-25", "stop": "2013-02-04"}
        self.backfill = client.backfills.make("DelayFacts", parameter="day", range=days, parallel=2)["id"]
        until(lambda: self.stack.get(f"/backfills/{self.backfill}")["state"] != "running", "it is filled", 240)
        self.stack.report(**MONTH, origin="LGA")
        url = self._target("LGA-top10.html")
        begun = self.stack.http.post(f"{self.stack.url}/api/v1/targets/invalidate", json={"urls": [url]}, timeout=60)
        assert begun.status_code == 202, begun.text
        self.operation = begun.json()["id"]

    def _target(self, end):
        """The URL of the target whose name ends so, once it is on record."""

        def look():
            found = self.stack.get("/targets?limit=500&pipeline=FlightsReport")["items"]
            return next((each["url"] for each in found if each["url"].endswith(end)), None)

        return until(look, f"{end} is on record")

    def _told(self):
        """The name of what became of a wish for several runs."""
        path = f"{self.stack.url}/runs"
        with requests.Session() as browser:
            asked = browser.get(f"{path}/cancel?run={self.cancelled}", timeout=30).text
            token = re.search(r'name="form_token" value="([^"]+)"', asked)[1]
            sent = {"form_token": token, "run": self.cancelled}
            answer = browser.post(f"{path}/cancel", data=sent, headers={"Origin": self.stack.url}, timeout=30)
        return re.search(r"/runs/done/([^/?]+)", answer.url)[1]

    def _previewed(self):
        shown = requests.get(f"{self.stack.url}/runs/{self.done}", timeout=30).text
        return re.search(r"/preview\?target=\d+", shown)[0]

    def _examples(self):
        """What stands for the routes that have arguments, and for those without what more can be asked of them."""
        runs = (self.done, self.failed, self.cancelled, self.live)
        of_run = [f"/runs/{run_id}{more}" for run_id in runs for more in ("", "/log")]
        family, target = "FlightsReport", quote(self.report, safe="")
        lists = {
            f"{path}/new": [f"{path}/new", f"{path}/new?pipeline=DelayFacts"]
            for path in ("/schedule", "/backfills", "/webhook", "/file", "/upstream")
        }
        return lists | {
            "/": ["/", "/?hours=6"],
            "/backfills/<backfill_id>": [f"/backfills/{self.backfill}", f"/backfills/{self.backfill}?state=all"],
            "/compare": ["/compare", f"/compare?run={self.done}"],
            "/compare/<run_id>": [f"/compare/{self.done}"],
            "/compare/<run_id>/<other_id>": [
                f"/compare/{self.other}/{self.done}",
                f"/compare/{self.done}/{self.failed}",
            ],
            "/files/<name>": ["/files/arrivals"],
            "/launch/<family>": [
                f"/launch/{family}?month=2013-01",
                *(f"/launch/{family}?month=2013-01&_as={tab}" for tab in ("json", "curl", "python", "cli")),
                f"/launch/{family}?month=1999-13&nonsense=1",
                "/launch/Hello",
            ],
            "/logs": ["/logs", "/logs?q=departures", "/logs?q=nowhere-to-be-found"],
            "/operations/<operation_id>": [f"/operations/{self.operation}"],
            "/pipelines": ["/pipelines", "/pipelines?show=failing"],
            "/pipelines/<family>": [f"/pipelines/{name}" for name in (family, "DelayFacts", "Vigil", "Part")],
            "/problems/<name>": ["/problems/invalid-parameters"],
            "/runs": ["/runs", "/runs?state=failed", "/runs?q=nowhere-to-be-found", "/runs?select=shown"],
            "/runs/<run_id>": [
                *of_run[::2],
                f"/runs/{self.failed}?task={self.stack.get(f'/runs/{self.failed}')['error']['task_id']}",
            ],
            "/runs/<run_id>/log": [*of_run[1::2], f"/runs/{self.done}/log?q=departures&show=around"],
            "/runs/<run_id>/preview": [f"/runs/{self.done}{self._previewed()}"],
            "/runs/<run_id>/retry": [f"/runs/{self.failed}/retry", f"/runs/{self.done}/retry?scope=everything"],
            "/runs/cancel": [f"/runs/cancel?run={self.live}"],
            "/runs/retry": [f"/runs/retry?run={self.failed}&run={self.cancelled}"],
            "/runs/done/<name>": [f"/runs/done/{self.told}"],
            "/schedules/<name>": ["/schedules/nightly"],
            "/search": ["/search", "/search?q=flights", "/search?q=nowhere-to-be-found"],
            "/settings/notifications/<name>": ["/settings/notifications/ops"],
            "/targets": ["/targets", f"/targets?url={target}", "/targets?q=facts"],
            "/targets/invalidate": [f"/targets/invalidate?url={target}"],
            "/upstreams/<name>": ["/upstreams/after"],
            "/webhooks/<name>": ["/webhooks/reports"],
        }

    def addresses(self, routes):
        """The pages of all `routes`; one with arguments has to have an example here."""
        examples = self._examples()
        pages = [route for route in routes if route not in NO_PAGES]
        missing = [route for route in pages if "<" in route and route not in examples]
        assert missing == [], "say in everything.py what is to be looked at there"
        assert examples.keys() - set(pages) == set(), "there are no such routes any more"
        return [address for route in pages for address in examples.get(route, [route])]
