"""A pause that sleeps until it is over."""

import time


def pause(seconds):
    deadline = time.monotonic() + seconds
    time.sleep(deadline - time.monotonic())
