"""A register that asks and writes under the lock that a new lease needs, so nothing comes between."""

import threading
import time


class Register:
    def __init__(self, ttl):
        self._ttl = ttl
        self._expires = 0.0
        self._holder = None
        self._lock = threading.Lock()
        self.writes = []

    def lease(self, who):
        with self._lock:
            if self._holder is not None and time.monotonic() < self._expires:
                return False
            self._holder = who
            self._expires = time.monotonic() + self._ttl
            return True

    def write(self, who):
        with self._lock:
            mine = self._holder == who and time.monotonic() < self._expires
            if mine:
                self.writes.append(who)
            return mine
