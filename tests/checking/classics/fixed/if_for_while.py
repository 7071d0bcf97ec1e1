"""A mailbox whose reader looks again after every wake-up."""

import threading
from collections import deque


class Mailbox:
    def __init__(self):
        self._letters = deque()
        self._arrived = threading.Condition()

    def put(self, letter):
        with self._arrived:
            self._letters.append(letter)
            self._arrived.notify()

    def get(self):
        with self._arrived:
            while not self._letters:
                self._arrived.wait()
            return self._letters.popleft()
