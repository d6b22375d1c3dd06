"""Processes of a stage die at random moments, two or three a second."""

import signal
import time
from dataclasses import dataclass

from evidence import targets
from load_tasks import FIRST_HALF, SECOND_HALF
from polling import until
from process_roles import ROLES, kill, send

#: The least and the most seconds between two kills.
PAUSE_S = (0.2, 0.6)
#: How likely the supervisor is drawn, against 1 for each other role: while it starts again there is little to kill.
SUPERVISOR_WEIGHT = 0.4


@dataclass(frozen=True)
class Killed:
    """Who was killed."""

    role: str
    #: The process, and those that die with it: the tasks of a child.
    pids: frozenset[int]


def kill_again_and_again(stage, load, kills, chance):
    """Somebody dies again and again, and `up` is started again whenever it is dead; gives all who were killed.

    It ends before its time where `load.error` is one.
    """
    killed = []
    while len(killed) < kills and load.error is None:
        time.sleep(chance.uniform(*PAUSE_S))  # the random moment itself
        killed += filter(None, [kill_somebody(stage, chance)])
        see_no_half_target(stage)
        if not stage.is_up():
            stage.up()
    print(*(each.role for each in killed), sep=", ")
    stage.up()
    return killed


def kill_somebody(stage, chance):
    """Kill one process of a role drawn from those there are, the supervisor more seldom.

    None where all are dead already.
    """
    roles = {role: found for role, found in stage.roles().items() if found and role in ROLES}
    if not roles:
        return None
    names = sorted(roles)
    role = chance.choices(names, [SUPERVISOR_WEIGHT if name == "supervisor" else 1 for name in names])[0]
    victim = chance.choice(roles[role])
    send(victim, signal.SIGSTOP)  # it starts no more, so that all its tasks are known; a spare may be a child by now
    with_it = {process.pid for process in stage.roles()["task process"] if process.parent == victim.pid}
    kill(victim)
    until(lambda: victim not in stage.processes(), f"the death of {victim}")
    return Killed(role, frozenset({victim.pid, *with_it}))


def see_no_half_target(stage):
    """Whatever is visible is whole."""
    for name, content in targets(stage).items():
        assert content == FIRST_HALF.format(name) + SECOND_HALF.format(name)
