"""A semaphore whose waiters look first whether they were served, and only then at the clock."""

import threading
import time


class Semaphore:
    def __init__(self, permits):
        self.free = permits
        self._waiting = []
        self._served = set()
        self._changed = threading.Condition()

    def acquire(self, who, timeout):
        deadline = time.monotonic() + timeout
        with self._changed:
            if self.free:
                self.free -= 1
                return True
            self._waiting.append(who)
            while who not in self._served and time.monotonic() < deadline:
                self._changed.wait(deadline - time.monotonic())
            if who not in self._served:
                self._waiting.remove(who)
                return False
            self._served.remove(who)
            return True

    def release(self):
        with self._changed:
            if self._waiting:
                self._served.add(self._waiting.pop(0))
                self._changed.notify_all()
            else:
                self.free += 1
