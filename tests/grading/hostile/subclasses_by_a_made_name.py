# Walks to all classes by a name that it made at run time.
# expect: failed
# says: `.__subclasses__` is not available


def attack():
    return getattr(object, "__sub" + "classes__")()
