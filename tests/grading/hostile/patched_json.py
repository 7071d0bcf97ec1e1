# Replaces how messages are written.
# expect: refused
# says: has replaced json.dumps
# with: reach


def attack():
    reached("json").dumps = lambda *anything: '{"kind": "bye"}'
