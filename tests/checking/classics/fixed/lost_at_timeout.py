"""A semaphore that hands permits over; a caller whose patience ends takes the permit it was just given."""

import threading
from collections import deque


class Semaphore:
    def __init__(self, permits):
        self.free = permits
        self._waiting = deque()
        self._lock = threading.Lock()

    def acquire(self, timeout):
        served = threading.Event()
        with self._lock:
            if self.free:
                self.free -= 1
                return True
            self._waiting.append(served)
        if served.wait(timeout):
            return True
        with self._lock:
            if served.is_set():
                return True
            self._waiting.remove(served)
        return False

    def release(self):
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self.free += 1
