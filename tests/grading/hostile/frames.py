# Asks for its own frame, to walk to its caller's.
# expect: refused
# says: look into the grader (sys._getframe)
# with: reach


def attack():
    found(reached("sys"), "_get" + "frame")()
