"""A counter whose increment reads, adds and writes with nothing to hold the three together."""


class Counter:
    def __init__(self):
        self.value = 0

    def increment(self):
        self.value += 1
