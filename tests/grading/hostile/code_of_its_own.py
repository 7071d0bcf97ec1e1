# Compiles a text.
# expect: refused
# says: run code that it made at run time
# with: reach


def attack():
    reached("builtins").exec("import os; os._exit(0)")
