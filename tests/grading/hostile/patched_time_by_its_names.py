# Lets no time pass, by the names of the module.
# expect: refused
# says: cannot be loaded

import time

vars(time)["monotonic"] = lambda: 0.0
