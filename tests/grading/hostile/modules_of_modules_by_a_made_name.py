# Takes a module that another has imported for itself, under a name with an underscore.
# expect: refused
# says: cannot be loaded

import random

getattr(random, "_o" + "s")
