# Lets the stack grow until the interpreter crashes.
# expect: refused
# says: setrecursionlimit

import sys

sys.setrecursionlimit(10**9)
