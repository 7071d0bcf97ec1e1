# Draws no workload.
# expect: refused
# says: has replaced hypothesis.
# with: reach


def attack():
    reached("hypothesis").given = lambda **drawn: lambda judge: lambda: None
