"""A circuit breaker that asks and notes under one lock."""

import threading
import time


class Breaker:
    def __init__(self, reset_after):
        self._reset_after = reset_after
        self._opened_at = None
        self._probing = False
        self._lock = threading.Lock()

    def trip(self):
        with self._lock:
            self._opened_at = time.monotonic()

    def allow(self):
        with self._lock:
            if self._opened_at is None:
                return True
            if time.monotonic() - self._opened_at < self._reset_after:
                return False
            if self._probing:
                return False
            self._probing = True
            return True
