# Calls the function that the child speaks with.
# expect: refused
# says: speak for the grader
# with: reach


def attack():
    reached_modules()["dojo.grading.sandbox.seal"]._say("bye")
