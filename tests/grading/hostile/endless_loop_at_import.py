# Loops while the module is loaded.
# expect: refused
# says: cannot be loaded

while True:
    pass
