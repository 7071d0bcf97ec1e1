# Has a text evaluated as a reference to a class.
# expect: refused
# says: run code that it made at run time (compile)

import typing


def attack():
    typing.get_type_hints(type("C", (), {"__annotations__": {"x": "__imp" + "ort__('os')"}}))
