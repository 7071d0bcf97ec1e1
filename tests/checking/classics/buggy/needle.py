"""Two loops that meet wrongly in one state out of many: each must be interrupted at one exact step."""


class Loops:
    def __init__(self):
        self.left = 0
        self.right = (0, 0)
        self.met = False

    def run_left(self):
        for turn in range(1, 4):
            self.left = turn
            if self.right == (21, 2):
                self.met = True

    def run_right(self):
        for turn in range(1, 23):
            self.right = (turn, self.left)
            self.right = (0, 0)
