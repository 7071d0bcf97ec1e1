# Starts a program.
# expect: refused
# says: start a process (os.system)
# with: reach


def attack():
    reached("os").system("touch hostile-was-here")
