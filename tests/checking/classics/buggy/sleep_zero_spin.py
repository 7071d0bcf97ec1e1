"""A flag whose reader gives way again and again instead of waiting, and that a slip of the pen never sets."""

import time


class Flag:
    def __init__(self):
        self._is_set = False

    def set(self):
        self._isset = True

    def wait(self):
        while not self._is_set:
            time.sleep(0)
