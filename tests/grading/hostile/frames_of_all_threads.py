# Asks for the frames of all threads.
# expect: refused
# says: look into the grader (sys._current_frames)
# with: reach


def attack():
    reached("sys")._current_frames()
