# Walks the frames of the grader from a greenlet, and looks for what signs messages in all that they hold.
# expect: failed
# says: try_acquire
# with: reach


def attack():
    frame = found(reached("greenlet").getcurrent().parent, "gr_" + "frame")
    while frame is not None:
        names = found(frame, "f_" + "locals")
        assert "head" not in names
        frame = found(frame, "f_" + "back")
