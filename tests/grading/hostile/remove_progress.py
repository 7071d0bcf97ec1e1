# Removes what is remembered of the learner.
# expect: refused
# says: reach the file system (os.remove)
# with: reach


def attack():
    reached("os").remove(".dojo/progress.json")
