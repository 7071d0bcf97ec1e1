# Has itself told of every line that is executed.
# expect: refused
# says: look into the grader (sys.settrace)
# with: reach


def attack():
    reached("sys").settrace(lambda *anything: None)
