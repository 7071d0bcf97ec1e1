"""A pause that looks at the clock until it is over."""

import time


def pause(seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pass
