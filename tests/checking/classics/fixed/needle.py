"""Two loops that never run at the same time."""

import threading


class Loops:
    def __init__(self):
        self.left = 0
        self.right = (0, 0)
        self.met = False
        self._lock = threading.Lock()

    def run_left(self):
        with self._lock:
            for turn in range(1, 4):
                self.left = turn
                if self.right == (21, 2):
                    self.met = True

    def run_right(self):
        with self._lock:
            for turn in range(1, 23):
                self.right = (turn, self.left)
                self.right = (0, 0)
