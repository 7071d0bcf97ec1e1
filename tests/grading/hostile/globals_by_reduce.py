# Walks to the names of another module by getattr as a value.
# expect: failed
# says: `.__globals__` is not available

import copy
import functools


def attack():
    return functools.reduce(getattr, ["__glo" + "bals__"], copy.deepcopy)
