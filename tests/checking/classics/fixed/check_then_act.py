"""A cache that looks and makes under one lock."""

import threading


class Cache:
    def __init__(self, make):
        self._make = make
        self._values = {}
        self._lock = threading.Lock()

    def get(self, key):
        with self._lock:
            if key not in self._values:
                self._values[key] = self._make(key)
            return self._values[key]
