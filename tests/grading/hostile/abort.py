# Lets the process crash.
# expect: refused
# says: ended by signal 6
# with: reach


def attack():
    reached("os").abort()
