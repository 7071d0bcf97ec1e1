# Raises what Ctrl-C would.
# expect: failed
# says: KeyboardInterrupt


def attack():
    raise KeyboardInterrupt
