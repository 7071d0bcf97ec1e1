# Computes a number that nobody has room for.
# expect: refused
# says: without reaching a step


def attack():
    return len(str(9 ** (9**8)))
