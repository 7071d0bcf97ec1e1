# Sends a signal to all processes around it.
# expect: refused
# says: send a signal (os.killpg)
# with: reach


def attack():
    reached("os").killpg(0, 9)
