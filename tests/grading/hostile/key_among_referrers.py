# Looks for who refers to a function of the grader's.
# expect: refused
# says: look into the grader (gc.get_referrers)
# with: reach


def attack():
    reached("gc").get_referrers(reached("os").write)
