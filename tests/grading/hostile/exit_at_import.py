# Leaves while the module is loaded.
# expect: refused
# says: cannot be loaded

import sys

sys.exit()
