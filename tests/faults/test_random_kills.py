"""Processes of every kind die at random moments of a running load; the seed of which is told when it goes wrong."""

import random
import threading
import time

import pytest
from evidence import judge, targets
from load_tasks import FIRST_HALF, SECOND_HALF
from polling import until
from process_roles import ROLES, kill

#: Runs that are live at any time, and the least and the most seconds between two kills.
LIVE, PAUSE_S = 4, (0.2, 0.6)
#: How likely the supervisor is drawn, against 1 for each other role: while it starts again there is little to kill.
SUPERVISOR_WEIGHT = 0.4
#: Where the load goes that is spread.
PLACES = (
    {"location": "default", "environment": "default"},
    {"location": "default", "environment": "staging"},
    {"location": "other", "environment": "default"},
)


class Client(threading.Thread):
    """Keeps a few runs going until it is told to stop; `accepted` has the ids of all."""

    def __init__(self, stage, places=({},)):
        super().__init__(daemon=True)
        self._stage = stage
        self._places = places
        self.accepted = []
        self.done = threading.Event()
        self.error = None

    def run(self):
        try:
            while not self.done.is_set():
                number = len(self.accepted)
                where = number % len(self._places)
                options = {"workers": 1 + number % 2, "pieces": 3, "max_attempts": 10, "key": f"key{number}"}
                options |= self._places[where]
                shared = f"shared{where}-{number // (3 * len(self._places))}"  # each place has a luigid of its own
                self.accepted.append(self._stage.post("Join", f"join{number}", shared=shared, pause_s=0.02, **options))
                until(self._has_room, "room for another run", 120.0)
        except Exception as error:
            self.error = error

    def _has_room(self):
        live = self._stage.get("/runs", state=["queued", "starting", "running"])["items"]
        return self.done.is_set() or len(live) < LIVE

    def end(self):
        self.done.set()
        self.join(120)
        if self.error is not None:
            raise self.error


def kill_somebody(stage, chance):
    """Kill one process of a role drawn from those there are, the supervisor more seldom; gives the role.

    None where all are dead already.
    """
    roles = {role: found for role, found in stage.roles().items() if found and role in ROLES}
    if not roles:
        return None
    names = sorted(roles)
    role = chance.choices(names, [SUPERVISOR_WEIGHT if name == "supervisor" else 1 for name in names])[0]
    victim = chance.choice(roles[role])
    kill(victim)
    until(lambda: victim not in stage.processes(), f"the death of {victim}")
    return role


def kill_again_and_again(busy, client, kills, chance):
    """Somebody dies two or three times a second, and `up` is started again whenever it is dead."""
    killed = []
    while len(killed) < kills and client.error is None:
        time.sleep(chance.uniform(*PAUSE_S))  # the random moment itself
        killed += filter(None, [kill_somebody(busy, chance)])
        see_no_half_target(busy)
        if not busy.is_up():
            busy.up()
    print(*killed, sep=", ")
    busy.up()


def see_no_half_target(stage):
    for name, content in targets(stage).items():
        assert content == FIRST_HALF.format(name) + SECOND_HALF.format(name)


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(30, marks=pytest.mark.timeout(300)),
        pytest.param(300, marks=[pytest.mark.long, pytest.mark.timeout(1200)]),
    ],
)
def test_kills_at_random_moments_lose_and_double_nothing(stage, kills):
    seed = time.time_ns() % 1_000_000
    chance = random.Random(seed)
    print(f"seed {seed}")
    # Given a load that goes on and on
    busy = stage().up()
    client = Client(busy)
    client.start()
    busy.wait_for_starts(1)
    # When somebody dies again and again
    kill_again_and_again(busy, client, kills, chance)
    client.end()
    # Then every accepted run comes to its true end, and everything that was told is true
    assert client.accepted
    judge(busy, client.accepted)
    # And they did not all come to grief
    assert any(busy.run(run_id)["state"] == "succeeded" for run_id in client.accepted)


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_kills_at_random_moments_in_several_places_lose_and_double_nothing(stage, places):
    seed = time.time_ns() % 1_000_000
    chance = random.Random(seed)
    print(f"seed {seed}")
    # Given a load on three places, one of them on another interpreter, each with a zygote and a luigid of its own
    busy = stage(sections=places).up()
    client = Client(busy, PLACES)
    client.start()
    busy.wait_for_starts(1)
    # When somebody dies again and again, of whichever place
    kill_again_and_again(busy, client, 150, chance)
    client.end()
    # Then every accepted run comes to its true end, and some of each place succeed
    judge(busy, client.accepted)
    done = [run for run in map(busy.run, client.accepted) if run["state"] == "succeeded"]
    assert {(run["location"], run["environment"]) for run in done} == {tuple(place.values()) for place in PLACES}
