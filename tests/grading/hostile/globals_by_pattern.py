# Walks to the names of another module by matching a pattern.
# expect: refused
# says: `.__globals__` is not available

import copy


def attack():
    match copy.deepcopy:
        case object(__globals__=names):
            return names
