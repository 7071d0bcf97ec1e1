"""A flag whose reader gives way again and again instead of waiting; nobody says that it is set."""

import time


class Flag:
    def __init__(self):
        self._is_set = False

    def set(self):
        is_set = True
        return is_set

    def wait(self):
        while not self._is_set:
            time.sleep(0)
