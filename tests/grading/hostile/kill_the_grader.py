# Sends a signal to the process that has started it.
# expect: refused
# says: send a signal (os.kill)
# with: reach


def attack():
    system = reached("os")
    system.kill(system.getppid(), 15)
