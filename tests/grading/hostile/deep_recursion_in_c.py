# Nests lists deeper than they can be compared.
# expect: failed
# says: RecursionError


def attack():
    one, other = [], []
    for _ in range(20_000):
        one, other = [one], [other]
    return one == other
