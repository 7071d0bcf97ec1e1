# Loops where no hook is.
# expect: refused
# says: without reaching a step

import itertools


def attack():
    return sum(itertools.count())
