# Reads the hidden properties past Python's files.
# expect: refused
# says: reach the file system (open)
# with: reach


def attack():
    system = reached("os")
    system.read(system.open("tests/katas/concurrency/test_semaphore.py", 0), 100)
