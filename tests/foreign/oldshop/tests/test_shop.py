import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
os.environ.setdefault("SHOP_REGION", "north")

import datetime

import shop
from shop.tasks.revenue import money


def test_money():
    assert money.cents("12.5") == 1250
    assert money.show(money.with_tax(1000, 0.19)) == "11.90"


def test_nightly_closes_each_day():
    days = [task.day for task in shop.Nightly(day=datetime.date(2016, 3, 2)).requires()]
    assert days == [datetime.date(2016, 3, 2), datetime.date(2016, 3, 1)]
