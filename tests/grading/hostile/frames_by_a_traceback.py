# Takes a frame from a traceback.
# expect: refused
# says: look into the grader
# with: reach


def attack():
    try:
        raise ValueError
    except ValueError as error:
        found(error.__traceback__, "tb_" + "frame")
