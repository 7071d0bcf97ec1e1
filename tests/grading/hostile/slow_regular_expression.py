# Matches a text in time that doubles with each letter.
# expect: refused
# says: without reaching a step

import re


def attack():
    return re.match(r"(a+)+$", "a" * 64 + "b")
