# Sleeps for years, which cost nothing here.
# expect: failed
# says: try_acquire

import time


def attack():
    time.sleep(10**9)
