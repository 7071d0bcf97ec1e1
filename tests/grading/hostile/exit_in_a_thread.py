# Leaves in a thread of its own, and claims what is not so.
# expect: failed
# says: try_acquire

import sys


def attack():
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
