# Counts its calls in the defaults of a function, to behave in the first runs only.
# expect: failed
# says: try_acquire


def attack(calls=[]):
    calls.append(1)
    attack.__defaults__ = (calls,)
