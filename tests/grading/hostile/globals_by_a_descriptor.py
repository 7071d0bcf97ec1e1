# Walks to the names of another module by a descriptor of the class of functions.
# expect: refused
# says: `.__get__` is not available

import copy
import types


def attack():
    return vars(types.FunctionType)["__glo" + "bals__"].__get__(copy.deepcopy)
