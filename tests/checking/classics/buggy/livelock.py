"""A meeting at which each side keeps looking whether the other has said it is there before it says so itself."""


class Meeting:
    def __init__(self):
        self._here = {"left": False, "right": False}

    def meet(self, me, other):
        while not self._here[other]:
            pass
        self._here[me] = True
