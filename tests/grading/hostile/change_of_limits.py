# Allows itself more.
# expect: refused
# says: change its limits (resource.setrlimit)
# with: reach


def attack():
    limits = reached("resource")
    limits.setrlimit(limits.RLIMIT_AS, (-1, -1))
