# Walks to all classes there are.
# expect: refused
# says: `.__subclasses__` is not available


def attack():
    return ().__class__.__base__.__subclasses__()
