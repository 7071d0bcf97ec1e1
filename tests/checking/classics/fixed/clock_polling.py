"""A timer that sleeps until it is time."""

import time


def wait_until(moment):
    time.sleep(max(0, moment - time.monotonic()))
