"""What starts a pipeline, in sentences with links."""

from trigger_service.domain.backfills import PART_STATES, Backfill, Overview
from trigger_service.domain.files import FileSource
from trigger_service.domain.run import RunRequest
from trigger_service.domain.schedule import Timing
from trigger_service.domain.scheduled import Schedule
from trigger_service.domain.sensors import Sensor
from trigger_service.domain.signatures import WebhookSource
from trigger_service.domain.upstream import PipelineSource
from trigger_service.launchers.base import Pipeline
from trigger_service.web.pages.what_starts import followers, starters

ORDERS = Pipeline("Orders", "shop.orders")
ASKED = RunRequest("Orders")


def told(schedules=(), sensors=(), backfills=()):
    return [(each.href, each.words, each.state_word) for each in starters(ORDERS, schedules, sensors, backfills)]


def test_schedules_say_when_and_one_that_is_over_says_so():
    timing = Timing("cron", "30 2 * * *", "Europe/Berlin")
    on, off = Schedule("nightly", timing, ASKED, next_fire=99), Schedule("off", timing, ASKED, paused=True)
    over = Schedule("over", timing, ASKED)
    words = "Every day at 02:30, Europe/Berlin."
    assert told([on, off, over]) == [
        ("/schedules/nightly", words, "On"),
        ("/schedules/off", words, "Paused"),
        ("/schedules/over", words, "Over"),
    ]
    assert starters(ORDERS, [on], [], [])[0].next_fire == 99


def test_sensors_say_what_they_wait_for():
    found = told(
        sensors=[
            Sensor("hook", WebhookSource(), ASKED, filter={"pointer": "/a", "equals": 1}),
            Sensor("drop", FileSource("inbox", r"(?P<day>.*)\.csv"), ASKED),
            Sensor("one", PipelineSource(("Raw",)), ASKED, paused=True),
            Sensor("both", PipelineSource(("Raw", "Rates"), match={"*": "/parameters/day"}), ASKED),
        ]
    )
    assert found == [
        ("/webhooks/hook", "A signed POST to /hooks/hook. Only what passes its filter.", "On"),
        ("/files/drop", r"A file (?P<day>.*)\.csv arrives in inbox.", "On"),
        ("/upstreams/one", "Raw succeeds.", "Paused"),
        ("/upstreams/both", "Raw, Rates have succeeded for the same.", "On"),
    ]


def test_a_backfill_says_how_far_it_is_unless_it_is_over():
    def overview(wish, **counts):
        made = Backfill("01a2-77777777", ASKED, "day", "oldest", 1, wish, "cli", 0.0, 0.0)
        return Overview(made, {**dict.fromkeys(PART_STATES, 0), **counts})

    found = told(
        backfills=[
            overview("running", complete=3, succeeded=2, waiting=5),
            overview("cancelled"),
            overview("running", complete=3),
        ]
    )
    assert found == [("/backfills/01a2-77777777", "5 of 10 values of day done.", "Running")]


def test_what_is_of_another_pipeline_or_place_is_left_out():
    timing = Timing("interval", "1 hour", "UTC")
    others = [RunRequest("Other"), RunRequest("Orders", location="night"), RunRequest("Orders", module="shop.old")]
    assert told([Schedule(f"s{number}", timing, asked) for number, asked in enumerate(others)]) == []
    assert len(told([Schedule("s", timing, RunRequest("Orders", location="default", module="shop.orders"))])) == 1


def test_what_its_success_starts_is_named_with_its_page():
    after = Sensor("after", PipelineSource(("Orders",)), RunRequest("shop/Mail"))
    other = Sensor("other", PipelineSource(("Raw",)), ASKED)
    assert [(each.name, each.href) for each in followers(ORDERS, [after, other])] == [
        ("shop/Mail", "/pipelines/shop%2FMail")
    ]
