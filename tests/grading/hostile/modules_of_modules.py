# Takes a module that another has imported for itself.
# expect: refused
# says: cannot be loaded

import contextlib

contextlib.sys
