"""A countdown that steps over its end."""


class Countdown:
    def __init__(self, start):
        self.left = start

    def run(self):
        while self.left != 0:
            self.left -= 2
