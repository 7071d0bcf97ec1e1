# Walks to the names of another module by a function that looks names up.
# expect: failed
# says: `.__globals__` is not available

import copy
import operator


def attack():
    return operator.attrgetter("__glo" + "bals__")(copy.deepcopy)
