# Takes a frame from a generator.
# expect: refused
# says: look into the grader
# with: reach


def attack():
    found((number for number in range(2)), "gi_" + "frame")
