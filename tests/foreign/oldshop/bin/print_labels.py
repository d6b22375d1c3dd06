#!/usr/bin/env python
"""Usage: print_labels.py ORDERS LABELS"""

import json
import sys


def main(orders, labels):
    with open(orders) as source, open(labels, "w") as sink:
        for line in source:
            order = json.loads(line)
            sink.write("To: %(customer)s, order %(number)s\n" % order)
            sys.stdout.write("printed %s\n" % order["number"])


if __name__ == "__main__":
    main(*sys.argv[1:])
