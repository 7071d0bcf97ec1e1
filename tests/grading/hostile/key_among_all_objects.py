# Looks for the key among all objects.
# expect: refused
# says: look into the grader (gc.get_objects)
# with: reach


def attack():
    reached("gc").get_objects()
