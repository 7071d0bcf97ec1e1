# Leaves word with the interpreter for the end of an object.
# expect: refused
# says: cannot be loaded

import weakref

weakref.finalize
