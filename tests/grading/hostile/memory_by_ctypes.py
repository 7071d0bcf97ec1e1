# Reads memory.
# expect: refused
# says: ctypes
# with: reach


def attack():
    reached("ctypes").string_at(id(attack), 16)
