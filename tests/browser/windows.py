"""Sizes of windows, in pixels: of a desk, and of a telephone."""

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
