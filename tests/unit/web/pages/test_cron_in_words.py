"""When a schedule fires, in words."""

import pytest

from trigger_service.domain.schedule import Timing
from trigger_service.web.pages.cron_words import cron_in_words, fires_in_words


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("* * * * *", "Every minute"),
        ("30 2 * * *", "Every day at 02:30"),
        ("0 * * * *", "Every hour, at minute 0"),
        ("@hourly", "Every hour, at minute 0"),
        ("@weekly", "Every Sunday at 00:00"),
        ("5/15 * * * *", "Every 15 minutes, from minute 5"),
        ("*/7 * * * *", "Every hour, at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56"),
        ("30 7-17/2 * * *", "Every 2 hours from 07:30 to 17:30"),
        ("*/15 8-17 * * mon-fri", "Every 15 minutes from 08:00 to 17:45, on weekdays"),
        ("30 11,17 * * 1-5", "Weekdays at 11:30 and 17:30"),
        ("0 0 * * 6,7", "Weekends at 00:00"),
        ("0 7 * * 4", "Every Thursday at 07:00"),
        ("0 9 * * FRI#2", "Every second Friday of the month at 09:00"),
        ("0 9 * * 5L", "Every last Friday of the month at 09:00"),
        ("30 6 1 * *", "On day 1 of every month at 06:30"),
        ("0 0 L * *", "On the last day of every month at 00:00"),
        ("0 0 1 1 *", "Every 1 January at 00:00"),
        ("7 3 * 6-8 *", "Every day from June to August at 03:07"),
        ("0 0 1 * 5", "On day 1 of every month, and also every Friday at 00:00"),
        ("1,2,7,50 1-9 * * *", "At minutes 1, 2, 7 and 50 of hours 1 to 9"),
        ("61 * * * *", "61 * * * *"),
    ],
)
def test_a_cron_expression_is_a_sentence(expression, words):
    assert cron_in_words(expression) == words


def test_intervals_and_single_times_are_sentences_too():
    assert fires_in_words(Timing("interval", " every 15 Minutes")) == "Every 15 minutes"
    assert fires_in_words(Timing("interval", "1 day")) == "Every day"
    assert fires_in_words(Timing("once", "2027-01-01T00:10")) == "Once, on 1 January 2027 at 00:10"
    assert fires_in_words(Timing("once", "<soon>")) == "Once: <soon>"
