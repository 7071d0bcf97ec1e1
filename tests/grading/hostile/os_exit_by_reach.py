# Leaves by a name that it made at run time.
# expect: refused
# says: ended the judge's process
# with: reach


def attack():
    reached("os")._exit(0)
