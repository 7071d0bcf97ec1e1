# Exchanges its own code from run to run.
# expect: refused
# says: `.__code__` is not available


def attack():
    attack.__code__ = (lambda: None).__code__
