# Replaces a method of a class that it shares with the properties.
# expect: refused
# says: has replaced threading.Thread.join

threading.Thread.join = lambda self, timeout=None: None
