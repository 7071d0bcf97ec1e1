# Sleeps past the simulated clock.
# expect: refused
# says: wait in real time (time.sleep)
# with: reach


def attack():
    reached("time").sleep(3600)
