# Starts a few dozen threads that the simulator does not know.
# expect: failed
# says: outside of the simulation
# with: reach


def attack():
    for _ in range(48):
        reached("_thread").start_new_thread(sum, ([],))
