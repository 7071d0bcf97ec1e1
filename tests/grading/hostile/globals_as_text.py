# Reads the names of another module as a text, which makes some of them read files.
# expect: refused
# says: reach the file system (open)

import copy


def attack():
    assert '"key"' not in "{0.__globals__}".format(copy.deepcopy)
