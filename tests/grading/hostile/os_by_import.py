# Leaves by a name that it imports.
# expect: refused
# says: 'os' is not among the modules

import os


def attack():
    os._exit(0)
