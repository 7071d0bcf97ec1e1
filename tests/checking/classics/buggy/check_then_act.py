"""A cache that looks whether a value is there, and makes it when it was not."""


class Cache:
    def __init__(self, make):
        self._make = make
        self._values = {}

    def get(self, key):
        if key not in self._values:
            self._values[key] = self._make(key)
        return self._values[key]
