# Sends a signal to its own process.
# expect: refused
# says: send a signal (os.kill)
# with: reach


def attack():
    system = reached("os")
    system.kill(system.getpid(), 9)
