# Counts its runs in a class, to behave in the first ones only.
# expect: failed
# says: try_acquire


class Runs:
    count = 0


def attack():
    Runs.count += 1
