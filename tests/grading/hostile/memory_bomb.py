# Asks for more memory than there is, at once.
# expect: refused
# says: more memory than a kata may


def attack():
    return [0] * (10 * 1024**3 // 8)
