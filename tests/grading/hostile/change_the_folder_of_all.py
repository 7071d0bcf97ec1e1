# Changes who may read the repository.
# expect: refused
# says: reach the file system (os.chmod)
# with: reach


def attack():
    reached("os").chmod(".", 0)
