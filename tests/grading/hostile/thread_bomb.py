# Starts a few dozen threads that never end.
# expect: failed
# says: leaked thread


def attack():
    for _ in range(48):
        threading.Thread(target=threading.Event().wait).start()
