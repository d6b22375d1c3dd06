"""What tells of the runs of a house, and what it has told."""

from __future__ import annotations

from polling import until

from trigger_service.domain.notices import Channel, Rule
from trigger_service.domain.outside import Outside, Smtp
from trigger_service.domain.run import RunError
from trigger_service.domain.spec import ExitReport
from trigger_service.service.announcements import Announcements
from trigger_service.service.channels import Channels

ACTOR = "cli ada"
#: A part of the addresses here that nobody may ever see.
HIDDEN = "T0hiddenpart"
#: Times without pauses: what was in vain is tried again at once.
AT_ONCE = (0.0, 0.0, 0.0)


def doing(child):
    """A child that does what the parameter `n` of its run says."""
    asked = child.spec.parameters.get("n", "")
    child.log("line 1", "Load_1")
    child.log(f"about to {asked}", "Load_1", "ERROR")
    child.log("of another task", "Other_1")
    if asked.startswith("fail"):
        error = RunError("TaskFailed", f"KeyError: '{asked}'", "Load_1")
        return ExitReport("failed", root_complete=False, error=error)
    return None


def announcing(service, *, allow_private=True, smtp=None, password="", intervals=AT_ONCE):
    """What tells of a house, its thread not started."""
    channels = Channels(Outside(allow_private, "http://console.example"), smtp or Smtp(), password, timeout_s=5)
    made = Announcements(
        home=service.home,
        database=service.database,
        vault=service.vault,
        channels=channels,
        broadcast=service.broadcast,
        clock=service.clock,
        counters=service.counters,
        intervals=intervals,
    )
    made.look()  # from now on
    return made


def rule(kind="slack", name="ops", events=("failed",), to=(), **more):
    return Rule(name, events, Channel(kind, to), fold_s=more.pop("fold_s", 0.0), **more)


def save(made, receiver, **more):
    return made.notifications.save(rule(**more), {"url": f"{receiver.url}/{HIDDEN}"}, ACTOR)


def messages(made, name="ops"):
    return made.notifications.messages(name, None, 500)


def settled(made, count=1, name="ops", now=0.0):
    """The messages of a rule, newest first, once there are so many and none waits to be sent."""

    def looked():
        made.look()
        made.sender.look(now)
        found = messages(made, name)
        return found if len(found) >= count and all(each.state != "pending" for each in found) else None

    return until(looked, f"{count} messages are settled")


def ended(service, *asked, **request):
    """Runs one after the other; the ids."""
    found = [service.end_of(service.submit(parameters={"n": n}, **request)) for n in asked]
    return [run.id for run in found]
