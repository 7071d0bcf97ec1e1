# Reads the names of another module as a text, and finds no key in it.
# expect: failed
# says: try_acquire

import copy


def attack():
    assert '"key"' not in "{0.__globals__}".format(copy.deepcopy)
