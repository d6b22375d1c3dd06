"""Sums of money in cents."""


def cents(text):
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int((part + "00")[:2])


def with_tax(amount, rate):
    return int(round(amount * (1 + rate)))


def show(amount):
    return "%d.%02d" % divmod(amount, 100)
