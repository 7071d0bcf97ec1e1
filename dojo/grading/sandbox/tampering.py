"""Notes which functions and classes there are before a submission runs, and tells if any was replaced since.

A checker that the submission has patched would say whatever the submission wants. Only names are compared, by
identity: what a function is made of cannot be exchanged unnoticed (``seal``), and data changes all the time.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from operator import is_, itemgetter
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from dojo.grading.sources.submission import ALLOWED

_KINDS = (FunctionType, BuiltinFunctionType, type, classmethod, staticmethod, property)
_HEAP_TYPE = 1 << 9  # set for classes whose attributes can be changed
_attributes_of = type.__dict__["__dict__"].__get__  # whatever a metaclass says

# Packages that a verdict rests on; the private modules of the simulation and the hidden properties come to them.
_SHARED = ALLOWED | {"_collections_abc", "_json", "builtins", "dojo", "greenlet", "hypothesis", "json"}

Space = tuple[str, Mapping[str, Any], Callable[[Any], tuple[Any, ...]], tuple[str, ...], tuple[Any, ...]]


def privately(make: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with global names of its own, so that nobody can reach what it goes by.

    Args:
        make: a function that makes and returns inner functions: they have the same private names.
    """
    assert isinstance(make, FunctionType)
    return FunctionType(make.__code__, {**make.__globals__, "__builtins__": dict(vars(builtins))})


def spaces(modules: Iterable[object]) -> Iterator[Space]:
    """The names of modules, and of the classes in them, with what they are bound to.

    Args:
        modules: those that count; what is no module does not.
    """
    classes: dict[type, None] = {}
    for module in modules:
        if isinstance(module, ModuleType):
            yield from _space(module.__name__, vars(module))
            classes |= dict.fromkeys(value for value in vars(module).values() if isinstance(value, type))
    for kind in classes:
        if kind.__flags__ & _HEAP_TYPE:
            yield from _space(f"{kind.__module__}.{kind.__qualname__}", _attributes_of(kind))


@cache
def of_what_is_shared() -> list[Space]:
    """The names of all modules that a verdict rests on, as of the first call: forked children are spared the work."""
    return list(spaces(module for name, module in sys.modules.items() if name.partition(".")[0] in _SHARED))


def _space(name: str, names: Mapping[str, Any]) -> Iterator[Space]:
    kept = {key: value for key, value in names.items() if isinstance(value, _KINDS)}
    if len(kept) > 1:  # with one name ``itemgetter`` would return no tuple
        yield name, names, itemgetter(*kept), tuple(kept), tuple(kept.values())


def functions_in(noted: Iterable[Space]) -> frozenset[FunctionType]:
    """All Python functions among those values."""
    found: set[FunctionType] = set()
    for _, _, _, _, values in noted:
        for value in values:
            parts = [value]
            if isinstance(value, (classmethod, staticmethod)):
                parts = [value.__func__]
            elif isinstance(value, property):
                parts = [value.fget, value.fset, value.fdel]
            found.update(part for part in parts if isinstance(part, FunctionType))
    return frozenset(found)


def make_comparison(noted: list[Space]) -> Callable[[], str]:
    """A function that names the first thing that is not what it was, "" if all is as noted."""

    def changed() -> str:
        for name, names, get, keys, values in noted:
            try:
                now = get(names)
            except KeyError as error:
                return f"{name}.{error.args[0]}"
            if not all(map(is_, now, values)):
                return next(
                    f"{name}.{key}"
                    for key, one, other in zip(keys, now, values, strict=True)
                    if one is not other
                )
        return ""

    return changed
