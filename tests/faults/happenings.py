"""Every kind of trigger at work at once on one stage, and what each of them is to lead to."""

import json
import math
import threading
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime

from fault_stage import LIVE
from load_tasks import Doomed, Happening, Leading
from polling import until

from trigger_service.domain.signatures import WebhookSource, sign

#: Lines of luigi.cfg for a stage of all this, which needs a folder `in`.
LIMITS = "runs = 4\n[pool:narrow]\nslots = 2"
SETTINGS = "requests_per_second = 0"
SECTIONS = "[notifications]\nallow_private = true\n[inbox:in]\nurl = in\n"
RESTLESS = ("Happening", "Leading", "Doomed")
SECRET = "what only the sender and the service know"
#: Seconds between two fires, by schedule.
PERIODS_S = {"lead": 2, "doom": 3}
#: Seconds in which failures that are the same are told together, by rule.
FOLD_S = {"each": 0, "folded": 15}
#: How many parts the backfill has, and how many of its runs may live at once.
PARTS, PARALLEL = 60, 3
WEBHOOK = WebhookSource("github")
#: Of each request for a run: what a kill costs is an attempt.
ASKED = {"max_attempts": 10}


class Happenings:
    """All of them, from `begin` until `end`; what they lead to is then told by `wanted` and `followed`."""

    def __init__(self, stage, receiver, chance):
        self.stage = stage
        self._receiver = receiver
        self._chance = chance
        #: Names of what was delivered by webhooks, and of the files that were put.
        self.delivered, self.put = [], []
        self.error = None
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._again_and_again, args=[act]) for act in (self._deliver, self._put)
        ]
        self._begun = self._ended = 0.0
        self._backfill = ""

    def begin(self):
        """Save everything, and let it happen."""
        fixed = {"root": str(self.stage.root), "pause_s": 0.03}
        for rule, fold_s in FOLD_S.items():
            channel = {"kind": "webhook", "url": f"{self._receiver.url}/{rule}"}
            about = {"events": ["failed"], "pipelines": ["Doomed"], "channel": channel, "fold_s": fold_s}
            self._save(f"notifications/{rule}", about)
        follows = {"source": {"kind": "pipeline", "pipelines": ["Leading"]}, "mapping": {"name": "/parameters/then"}}
        hooks = {"source": {"kind": "webhook", "scheme": "github"}, "mapping": {"name": "/name"}, "secret": SECRET}
        files = {"kind": "file", "inbox": "in", "pattern": "(?P<name>.+)", "settle_s": 0.1, "poll_s": 1}
        for name, more in (("follow", follows), ("hooks", {**hooks, "workers": 2}), ("files", {"source": files})):
            self._save(f"sensors/{name}", {"pipeline": "Happening", "parameters": fixed, **ASKED, **more})
        values = [_part(number) for number in range(PARTS)]
        parts = {"pipeline": "Happening", "parameters": fixed, "parameter": "name", "values": values, **ASKED}
        parts |= {"parallel": PARALLEL, "pools": ["narrow"], "order": "newest"}
        answer = self.stage.request("POST", "/api/v1/backfills", json=parts)
        assert answer.status_code == 201, answer.text
        self._backfill = answer.json()["id"]
        until(_between_fires, "a moment at which nothing fires")
        second = "{{ fire_time | second }}"
        lead = {"pipeline": "Leading", "parameters": {**fixed, "name": f"lead-{second}", "then": f"after-{second}"}}
        doom = {"pipeline": "Doomed", "parameters": {**fixed, "name": f"doom-{second}"}}
        for name, what in (("lead", lead), ("doom", doom)):
            timing = {"kind": "interval", "expression": f"{PERIODS_S[name]} seconds", "misfire": "all"}
            self._save(f"schedules/{name}", {**what, **ASKED, "timing": timing})
        self._begun = time.time()
        for thread in self._threads:
            thread.start()

    def end(self):
        """Let no more happen."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self.error is not None:
            raise self.error
        until(lambda: self._have_fired() and _between_fires(), "a moment at which nothing is due", 60)
        self._ended = time.time()
        answer = self.stage.request("PATCH", "/api/v1/schedules", json={"paused": True})
        assert answer.status_code == 200, answer.text

    def _have_fired(self):
        """Whether every schedule has fired when it was due last; looked at to choose the end, not to judge."""
        newest = {name: self.stage.get(f"/schedules/{name}/fires", limit=1)["items"][0]["at"] for name in PERIODS_S}
        return all(at + PERIODS_S[name] > time.time() for name, at in newest.items())

    def _save(self, path, body):
        answer = self.stage.request("PUT", f"/api/v1/{path}", json=body)
        assert answer.status_code in (200, 201), answer.text

    def _again_and_again(self, act):
        try:
            while not self._over.wait(self._chance.uniform(0.5, 1.5)):
                act()
        except Exception as error:
            self.error = error

    def _deliver(self):
        """As a sender does that repeats a delivery until it is taken, and now and then one that was."""
        names = [f"hook-{len(self.delivered)}"]
        if self.delivered and self._chance.random() < 0.3:
            names.append(self._chance.choice(self.delivered))
        for name in names:
            body = json.dumps({"name": name}).encode()
            headers = {"Content-Type": "application/json", **sign(WEBHOOK, SECRET, body, name, 0)}
            answer = self.stage.request("POST", "/hooks/hooks", (503,), data=body, headers=headers)
            assert answer.status_code == 202, answer.text
        self.delivered.append(names[0])

    def _put(self):
        """A file that grows while it is looked at."""
        name = f"file-{len(self.put)}"
        with (self.stage.folder / "in" / name).open("w") as file:
            file.write("the beginning, ")
            file.flush()
            file.write("and the end")
        self.put.append(name)

    # -- what it all leads to

    def wanted(self):
        """The ids of the tasks that have to be done once: all that has happened, as those know who let it happen."""
        root = str(self.stage.root)
        names = [*self.delivered, *self.put, *map(_part, range(PARTS))]
        leads, dooms = self._fires("lead"), self._fires("doom")
        return {
            *(Happening(root=root, name=name).task_id for name in [*names, *(f"after-{fire}" for fire in leads)]),
            *(Leading(root=root, name=f"lead-{fire}", then=f"after-{fire}").task_id for fire in leads),
            *(Doomed(root=root, name=f"doom-{fire}").task_id for fire in dooms),
        }

    def _fires(self, schedule):
        """All times at which a schedule had to fire, by the clock alone."""
        period = PERIODS_S[schedule]
        first, last = int(self._begun // period) + 1, int(self._ended // period)
        return [_second(number * period) for number in range(first, last + 1)]

    def runs(self):
        """The ids of the runs that the records name: of fires, of deliveries, of parts."""
        found = [each for name in PERIODS_S for each in self._all(f"/schedules/{name}/fires", "at")]
        for name in ("follow", "hooks", "files"):
            found += self._all(f"/sensors/{name}/deliveries", "id")
        found += self.stage.get(f"/backfills/{self._backfill}/parts", limit=1000)["items"]
        return [each["run_id"] for each in found]

    def _all(self, path, cursor):
        """All pages of a record that is listed newest first, before what the last one of a page has as its `cursor`."""
        found = page = self.stage.get(path, limit=500)["items"]
        while page:
            page = self.stage.get(path, limit=500, before=page[-1][cursor])["items"]
            found = [*found, *page]
        return found

    def is_at_rest(self):
        """Whether no run lives, and no message is to be sent any more."""
        messages = [
            each for rule in FOLD_S for each in self.stage.get(f"/notifications/{rule}/messages", limit=500)["items"]
        ]
        waiting = [each for each in messages if each["state"] == "pending"]
        return not waiting and not self.stage.get("/runs", state=LIVE)["items"]

    def untold(self):
        """What was told otherwise than once for each failure, or together with others; again only under the same id."""
        doomed = {f"doom-{fire}" for fire in self._fires("doom")}
        came = defaultdict(dict)
        for path, headers, content in list(self._receiver.came):
            came[path.strip("/")][headers["webhook-id"]] = json.loads(content)["data"]
        told = Counter(data["parameters"]["name"] for data in came["each"].values())
        faults = [
            f"{name} was told {told[name]} times"
            for name in doomed | set(told)
            if told[name] != 1 or name not in doomed
        ]
        together = sum(data["more"] or 1 for data in came["folded"].values())
        if together != len(doomed):
            faults.append(f"{together} failures were told together, and not {len(doomed)}")
        return faults


def _between_fires():
    """Whether the last fires of both schedules are a second old, and the next ones as far."""
    return 1.0 < time.time() % math.lcm(*PERIODS_S.values()) < 1.4


def _part(number):
    return f"part-{number}"


def _second(moment):
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H%M%S}"
