"""A flag whose reader waits."""

import threading


class Flag:
    def __init__(self):
        self._event = threading.Event()

    def set(self):
        self._event.set()

    def wait(self):
        self._event.wait()
