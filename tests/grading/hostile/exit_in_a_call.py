# Leaves the process as a program would.
# expect: failed
# says: exit


def attack():
    raise SystemExit(0)
