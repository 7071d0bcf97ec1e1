# Asks for a socket.
# expect: refused
# says: import what no kata may (import)
# with: reach


def attack():
    names(copy.deepcopy)["__bu" + "iltins__"]["__imp" + "ort__"]("ftplib")
