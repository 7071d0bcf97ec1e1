# Loops.
# expect: failed
# says: loop


def attack():
    while True:
        pass
