# Listens to what the grader hears.
# expect: refused
# says: look into the grader (sys.addaudithook)
# with: reach


def attack():
    reached("sys").addaudithook(lambda *anything: None)
