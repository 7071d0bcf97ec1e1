# Walks to the names of another module by a method that looks names up.
# expect: failed
# says: `.__getattribute__` is not available

import copy
import operator


def attack():
    return operator.methodcaller("__getatt" + "ribute__", "__globals__")(copy.deepcopy)
