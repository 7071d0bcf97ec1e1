# Has a text executed as the name of a field.
# expect: refused
# says: run code that it made at run time (compile)

from dataclasses import dataclass


def attack():
    name = "x=__imp" + "ort__('os')._exit(0), y"
    dataclass(type("C", (), {"__annotations__": {name: int}}))
