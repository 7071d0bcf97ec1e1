# Behaves where it is not simulated.
# expect: failed
# says: try_acquire

import time


def attack():
    before = time.monotonic()
    time.sleep(1)
    assert time.monotonic() - before == 1, "this is real"
