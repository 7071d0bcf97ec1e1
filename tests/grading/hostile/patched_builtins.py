# Replaces a builtin that the checker may use.
# expect: refused
# says: has replaced builtins.all
# with: reach


def attack():
    reached("builtins").all = lambda values: True
