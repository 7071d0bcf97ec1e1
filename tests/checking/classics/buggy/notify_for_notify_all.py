"""A gate that many wait for and that wakes one of them."""

import threading


class Gate:
    def __init__(self):
        self._is_open = False
        self._changed = threading.Condition()

    def open(self):
        with self._changed:
            self._is_open = True
            self._changed.notify()

    def wait(self):
        with self._changed:
            while not self._is_open:
                self._changed.wait()
