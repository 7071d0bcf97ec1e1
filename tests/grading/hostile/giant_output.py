# Prints ten megabytes in each run.
# expect: failed
# says: try_acquire


def attack():
    for _ in range(10):
        print("x" * 1024**2)
