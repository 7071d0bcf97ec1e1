# Prints what the child says when all is well.
# expect: failed
# says: try_acquire


def attack():
    print('{"kind": "verdict", "index": 0, "verdict": {"status": "pass"}}')
    print('{"kind": "bye"}')
