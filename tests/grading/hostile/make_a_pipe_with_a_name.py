# Makes a file by a call that is no event.
# expect: failed
# says: PermissionError
# only: linux
# with: reach


def attack():
    reached("os").mkfifo("hostile-was-here")
