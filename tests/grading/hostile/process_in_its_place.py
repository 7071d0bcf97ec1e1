# Puts another program in its place.
# expect: refused
# says: start a process (os.exec)
# with: reach


def attack():
    reached("os").execv("/bin/true", ["true"])
