"""A meeting at which each side says that it is there, then waits for the other."""

import threading


class Meeting:
    def __init__(self):
        self._here = {"left": threading.Event(), "right": threading.Event()}

    def meet(self, me, other):
        self._here[me].set()
        self._here[other].wait()
