# Starts a program without a shell.
# expect: refused
# says: start a process (os.posix_spawn)
# with: reach


def attack():
    reached("os").posix_spawn("/bin/touch", ["touch", "hostile-was-here"], {})
