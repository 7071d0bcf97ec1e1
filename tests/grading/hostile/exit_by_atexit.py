# Leaves word with the interpreter for its end, which then brings another exit code.
# expect: failed
# says: try_acquire
# with: reach


def attack():
    reached("atexit").register(reached("os")._exit, 0)
