# Calls itself without end.
# expect: failed
# says: RecursionError


def attack():
    attack()
