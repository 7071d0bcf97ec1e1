# Replaces a name of a module.
# expect: refused
# says: cannot change `Lock`

threading.Lock = object
