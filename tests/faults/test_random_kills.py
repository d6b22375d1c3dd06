"""Processes of every kind die at random moments of a running load; the seed of which is told when it goes wrong."""

import random
import threading
import time

import pytest
from evidence import judge
from polling import until
from random_kills import kill_again_and_again

#: Runs that are live at any time.
LIVE = 4
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


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(12, marks=pytest.mark.timeout(300)),
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
