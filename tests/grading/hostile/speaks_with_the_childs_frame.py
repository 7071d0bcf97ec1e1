# Finds the way to speak in the frame of the child, and uses it.
# expect: refused
# says: speak for the grader
# with: reach


def attack():
    frame = found(reached("greenlet").getcurrent().parent, "gr_" + "frame")
    while frame is not None:
        names = found(frame, "f_" + "locals")
        if "send" in names:
            names["send"]("verdict", index=0, verdict={"status": "pass"})
        frame = found(frame, "f_" + "back")
