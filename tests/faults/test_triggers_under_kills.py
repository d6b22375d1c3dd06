"""Clients that trigger while the service dies: with a key for each trigger there is one run for each, executed once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from evidence import judge
from polling import until
from process_roles import kill

TRIGGERS, CLIENTS = 200, 8


@pytest.mark.long
@pytest.mark.timeout(300)
def test_each_of_200_triggers_is_one_run_executed_once_though_the_service_is_killed(stage):
    # Given 8 clients that together trigger 200 runs, each again with its own key until it is answered
    busy = stage(limits="runs = 4", settings="requests_per_second = 0").up()
    accepted = {}

    def trigger(number):
        accepted[number] = busy.post("Piece", f"one{number}", key=f"key{number}", lines=1, pause_s=0, max_attempts=5)

    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = [clients.submit(trigger, number) for number in range(TRIGGERS)]
        # When the service is killed three times meanwhile
        for count, role in ((30, "service"), (80, "master"), (130, "service")):
            until(lambda wanted=count: len(accepted) >= wanted, f"{count} answers", 60.0)
            assert kill(busy.one(role))
        for answer in answers:
            answer.result()
    # Then there is one run for each key, and the same key gives the same run still
    assert len(set(accepted.values())) == TRIGGERS
    assert busy.post("Piece", "one0", key="key0", lines=1, pause_s=0, max_attempts=5) == accepted[0]
    # And each succeeds and was executed once
    judge(busy, accepted.values())
    assert {busy.run(run_id)["state"] for run_id in accepted.values()} == {"succeeded"}
    starts = Counter(words[1] for words in busy.ledger() if words[0] == "start")
    assert len(starts) == TRIGGERS
    assert set(starts.values()) == {1}
