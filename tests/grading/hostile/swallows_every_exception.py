# Goes on whatever is raised.
# expect: failed
# says: deadlock


def attack():
    lock = threading.Lock()
    lock.acquire()
    while True:
        try:
            lock.acquire()
        except BaseException:
            continue
