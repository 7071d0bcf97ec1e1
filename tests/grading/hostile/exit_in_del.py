# Leaves when an object is collected.
# expect: refused
# says: ended the judge's process
# with: reach


class Last:
    def __del__(self):
        reached("os")._exit(0)


def attack():
    Last()
