# Replaces the hidden properties.
# expect: refused
# says: has replaced
# with: reach


def attack():
    hidden = reached_modules()["hidden_semaphore"]
    for name in [name for name in vars(hidden) if name.startswith("test_")]:
        setattr(hidden, name, None)
