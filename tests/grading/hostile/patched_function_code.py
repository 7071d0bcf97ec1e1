# Leaves a function of the checker in its place, and exchanges its code.
# expect: refused
# says: look into the grader (object.__setattr__)
# with: reach


def attack():
    object.__setattr__(reached("dojo.checking.check").check, "__co" + "de__", found(attack, "__co" + "de__"))
