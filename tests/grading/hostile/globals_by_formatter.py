# Walks to the names of another module by a text with fields.
# expect: refused
# says: cannot be loaded

import copy
import string

string.Formatter().get_field("0.__globals__", [copy.deepcopy], {})
