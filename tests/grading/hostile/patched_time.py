# Lets no time pass.
# expect: refused
# says: cannot change `monotonic`

import time

time.monotonic = lambda: 0.0
