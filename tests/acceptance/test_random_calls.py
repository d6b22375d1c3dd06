"""Random sequences of calls, beside a model of what runs may become and of what each call has to answer."""

import uuid
from dataclasses import dataclass

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule, run_state_machine_as_test

from trigger_service.client import Client

#: The states of a run, and those that may follow each of them.
AFTER = {
    "queued": {"starting", "cancelled", "failed"},
    "starting": {"running", "queued", "failed", "cancelling"},
    "running": {"succeeded", "failed", "cancelling", "queued"},
    "cancelling": {"cancelled", "succeeded", "failed"},
    "succeeded": set(),
    "failed": set(),
    "cancelled": set(),
}
FINAL = {state for state, following in AFTER.items() if not following}
NEVER = "01900000-0000-7000-8000-000000000000"


def reachable(state):
    """The states that a run may have by now which was in `state`."""
    found, new = set(), {state}
    while new:
        found |= new
        new = {after for each in new for after in AFTER[each]} - found
    return found


@dataclass
class Known:
    """What is known of a run: what was asked for, what was done to it, and its state when it was last seen."""

    id: str
    pipeline: str
    name: str
    state: str
    timeout: bool
    cancelled: bool = False

    def sees(self, state):
        """It is in a state now."""
        assert state in reachable(self.state), f"{self.state} -> {state}"
        self.state = state


class Calls(RuleBasedStateMachine):
    """Asks for runs that end at once, that wait until they are let go, and that wait until their time is up."""

    runs = Bundle("runs")
    keys = Bundle("keys")
    product = None

    def __init__(self):
        super().__init__()
        self.known = {}
        self.gone = set()
        self.mark = uuid.uuid4().hex[:8]

    @rule(target=runs, pipeline=st.sampled_from(["Quick", "Waiting"]), name=st.sampled_from("abc"), late=st.booleans())
    def ask(self, pipeline, name, late):
        answer = self.post("/runs", self.body(pipeline, name, late))
        assert answer.status_code == 202
        assert answer.headers["Location"] == f"/api/v1/runs/{answer.json()['id']}"
        return self.learn(answer.json(), late)

    @rule(target=keys, name=st.sampled_from("abc"))
    def ask_with_a_key(self, name):
        key, body = uuid.uuid4().hex, self.body("Quick", name, False)
        answer = self.post("/runs", body, {"Idempotency-Key": key})
        assert (answer.status_code, "Idempotency-Replayed" in answer.headers) == (202, False)
        self.learn(answer.json(), False)
        return key, body, answer.json()["id"]

    @rule(sent=keys)
    def ask_again_with_the_key(self, sent):
        key, body, run_id = sent
        answer = self.post("/runs", body, {"Idempotency-Key": key})
        assert (answer.status_code, answer.headers["Idempotency-Replayed"]) == (202, "true")
        assert answer.json()["id"] == run_id
        other = self.post("/runs", {**body, "priority": 1}, {"Idempotency-Key": key})
        assert other.status_code == 422

    @rule(run_id=runs, if_active=st.sampled_from(["attach", "reject"]))
    def ask_for_the_same_once_more(self, run_id, if_active):
        run = self.known[run_id]
        answer = self.post("/runs", {**self.body(run.pipeline, run.name, run.timeout), "if_active": if_active})
        if answer.status_code == 202 and answer.json()["id"] not in self.known:
            # nothing like it was active any more
            assert not self.surely_active(run)
            self.learn(answer.json(), run.timeout)
        elif if_active == "attach":
            assert answer.status_code == 202
            assert self.known[answer.json()["id"]].name == run.name
        else:
            assert answer.status_code == 409

    @rule(run_id=runs)
    def let_it_go(self, run_id):
        self.go(self.known[run_id].name)

    @rule(run_id=runs)
    def cancel(self, run_id):
        run = self.known[run_id]
        answer = self.post(f"/runs/{run_id}/cancel")
        if answer.status_code == 202:
            assert run.state not in FINAL
            run.cancelled = True
            run.sees(answer.json()["state"])
            assert run.state in {"cancelling", "cancelled"}
        else:
            assert (answer.status_code, answer.json()["state"] in FINAL | {"cancelling"}) == (409, True)
            run.sees(answer.json()["state"])

    @rule(target=runs, run_id=runs)
    def retry(self, run_id):
        run = self.known[run_id]
        answer = self.post(f"/runs/{run_id}/retry")
        if answer.status_code == 202:
            assert answer.json()["retry_of"] == run_id
            run.sees(self.look(run_id))
            assert run.state in FINAL
            return self.learn(answer.json(), run.timeout)
        assert answer.status_code == 409
        assert run.state not in FINAL
        run.sees(answer.json()["state"])
        return run_id

    @rule(run_id=runs)
    def see(self, run_id):
        run = self.known[run_id]
        run.sees(self.look(run_id))
        assert run.state not in FINAL or not self.surely_active(run)

    @rule(run_id=consumes(runs))
    def wait_for_its_end(self, run_id):
        run = self.known[run_id]
        self.go(run.name)
        run.sees(self.client.wait(run_id, 50)["state"])
        assert run.state in FINAL

    @rule()
    def list_them(self):
        listed = {run["id"]: run["state"] for run in self.client.runs(text=self.mark, limit=500)["items"]}
        assert listed.keys() == self.known.keys()
        for run_id, state in listed.items():
            self.known[run_id].sees(state)

    @rule(what=st.sampled_from(["", "/tasks", "/logs", "/events"]))
    def look_for_what_is_not_there(self, what):
        assert self.get(f"/runs/{NEVER}{what}").status_code == 404

    def teardown(self):
        """All end, in a way that fits what was done to them, over changes of state that the table has."""
        for run in self.known.values():
            self.go(run.name)
        for run in self.known.values():
            final = self.client.wait(run.id, 50)
            run.sees(final["state"])
            changes = [event.data["data"] for event in self.client.events(run.id) if event.kind == "state"]
            assert changes[0]["from"] is None
            assert [b["from"] for b in changes[1:]] == [a["to"] for a in changes[:-1]]
            assert all(change["to"] in AFTER[change["from"]] for change in changes[1:])
            assert changes[-1]["to"] == run.state
            possible = (
                {"succeeded"} | ({"cancelled"} if run.cancelled else set()) | ({"failed"} if run.timeout else set())
            )
            assert run.state in possible, final

    # -- the means

    def body(self, pipeline, name, late):
        timeout = {"timeout_s": 0.5} if late else {}
        return {"pipeline": pipeline, "parameters": {"name": self.named(pipeline, name)}, **timeout}

    def named(self, pipeline, name):
        """No two pipelines share a target: a run whose root is complete already ends by itself."""
        return name if name.startswith(self.mark) else f"{self.mark}{pipeline}{name}"

    def learn(self, document, timeout):
        assert document["id"] not in self.known
        parameters = document["parameters"]
        run = Known(document["id"], document["pipeline"], parameters["name"], document["state"], timeout)
        self.known[run.id] = run
        return run.id

    def surely_active(self, run):
        """Whether nothing can have ended it yet."""
        return run.pipeline == "Waiting" and run.name not in self.gone and not run.cancelled and not run.timeout

    def go(self, name):
        self.gone.add(name)
        self.product.go(name)

    @property
    def client(self):
        return Client(self.product.url)

    def look(self, run_id):
        return self.product.state(run_id)

    def get(self, path):
        return self.product.http.get(f"{self.product.url}/api/v1{path}", timeout=30)

    def post(self, path, body=None, headers=None):
        return self.product.http.post(f"{self.product.url}/api/v1{path}", json=body, headers=headers, timeout=30)


@pytest.mark.parametrize(
    "examples",
    [
        pytest.param(10, marks=pytest.mark.timeout(240)),
        pytest.param(150, marks=[pytest.mark.long, pytest.mark.timeout(1200)]),
    ],
)
def test_whatever_is_called_in_whatever_order_is_answered_as_the_table_of_states_says(service, examples):
    machine = type("CallsOfProduct", (Calls,), {"product": service})
    checks = settings(
        max_examples=examples,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=checks)
