# Reads the reference from its file.
# expect: refused
# says: reach the file system (open)
# with: reach


def attack():
    reached("builtins").open("solutions/concurrency/semaphore.py").read()
