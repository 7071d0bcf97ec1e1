"""A circuit breaker that asks whether a probe is under way and notes its own only afterwards."""

import time


class Breaker:
    def __init__(self, reset_after):
        self._reset_after = reset_after
        self._opened_at = None
        self._probing = False

    def trip(self):
        self._opened_at = time.monotonic()

    def allow(self):
        if self._opened_at is None:
            return True
        if time.monotonic() - self._opened_at < self._reset_after:
            return False
        if self._probing:
            return False
        self._probing = True
        return True
