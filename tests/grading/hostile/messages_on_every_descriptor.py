# Writes a message to whatever is open.
# expect: refused
# says: not signed
# with: reach


def attack():
    for number in range(64):
        try:
            reached("os").write(number, b'{"key": "guess", "kind": "bye"}\n')
        except OSError:
            pass
