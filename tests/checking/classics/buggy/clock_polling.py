"""A timer that looks at the clock until it is time."""

import time


def wait_until(moment):
    while time.monotonic() < moment:
        pass
