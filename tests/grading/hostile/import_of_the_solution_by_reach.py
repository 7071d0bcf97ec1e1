# Imports the reference by a name that it made at run time.
# expect: refused
# says: import what no kata may (import)
# with: reach


def attack():
    names(copy.deepcopy)["__bu" + "iltins__"]["__imp" + "ort__"]("solutions.concurrency.semaphore")
