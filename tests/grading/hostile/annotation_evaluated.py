# Has a text evaluated as an annotation, among the names of another module.
# expect: refused
# says: run code that it made at run time (compile)

import typing


class Annotated:
    __module__ = "os"
    field: "_exit(0)"


def attack():
    typing.get_type_hints(Annotated)
