# Writes to standard error until it may no more.
# expect: refused
# says: ended the judge's process
# with: reach


def attack():
    try:
        for _ in range(64):
            reached("os").write(2, b"x" * 1024**2)
    finally:
        reached("os")._exit(0)
