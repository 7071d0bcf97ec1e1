"""A countdown that ends at its end or below."""


class Countdown:
    def __init__(self, start):
        self.left = start

    def run(self):
        while self.left > 0:
            self.left -= 2
