# Sleeps past the simulated clock.
# expect: failed
# says: outside of the simulation
# with: reach


def attack():
    reached("time").sleep(3600)
