# Writes a file.
# expect: refused
# says: reach the file system (open)
# with: reach


def attack():
    reached("builtins").open("hostile-was-here", "w")
