# Reads the hidden properties as a traceback would.
# expect: failed
# says: try_acquire
# with: reach


def attack():
    assert not reached("linecache").getlines("tests/katas/concurrency/test_retry.py")
