# Becomes a few dozen processes.
# expect: refused
# says: start a process (os.fork)
# with: reach


def attack():
    for _ in range(5):
        reached("os").fork()
