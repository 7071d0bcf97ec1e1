# Closes whatever is open.
# expect: refused
# says: ended the judge's process
# with: reach


def attack():
    reached("os").closerange(0, 256)
