# Asks for more and more memory.
# expect: refused
# says: more memory than a kata may


def attack():
    kept = []
    for _ in range(64):
        kept.append(bytearray(64 * 1024**2))
