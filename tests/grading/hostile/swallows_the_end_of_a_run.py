# Takes the simulator's own exceptions for a result.
# expect: failed
# says: try_acquire


def attack():
    try:
        threading.Event().wait(10)
    except BaseException:
        return
