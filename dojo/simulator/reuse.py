"""Reuses a module from run to run where that can make no difference: executing it anew takes up to half of a run.

A module can be reused if everything in it is either immutable or can be put back: functions, classes, constants,
lists and dicts of such, locks, and the names that are bound to them. One that holds an instance of another class
at its top level cannot.
"""

from __future__ import annotations

import collections
import decimal
import enum
import fractions
import functools
import itertools
import re
import types
from collections.abc import Callable, Collection
from operator import is_
from types import CellType, FunctionType, ModuleType
from typing import Any

from dojo.simulator.locks import Primitive

_ATOMS = frozenset(
    {
        type(None), bool, int, float, complex, str, bytes, range, type(...), type(NotImplemented), object,
        decimal.Decimal, fractions.Fraction, re.Pattern,
        type(vars(collections.namedtuple("_", "field"))["field"]), types.GenericAlias, types.UnionType, types.CodeType,
        types.MemberDescriptorType, types.GetSetDescriptorType,
        types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType,
    }
)  # fmt: skip
# What dataclasses, enum, typing and abc note in a class about itself; nobody else writes to it.
_METADATA = frozenset(
    {
        "__annotations__",
        "__annotations_cache__",
        "__annotate__",
        "__annotate_func__",
        "__dataclass_fields__",
        "__dataclass_params__",
        "__match_args__",
        "__slots__",
        "__orig_bases__",
        "__parameters__",
        "__type_params__",
        "__classdictcell__",
        "__abstractmethods__",
        "_abc_impl",
        "_field_defaults",
        "_fields",
        "_member_map_",
        "_value2member_map_",
        "_member_names_",
        "_unhashable_values_",
        "_unhashable_values_map_",
        "_hashable_values_",
        "_member_type_",
        "_value_repr_",
        "_new_member_",
        "_use_args_",
    }
)


_NAMESPACE = ("__builtins__", "__annotations__", "__conditional_annotations__")
_STATELESS = ("typing", "__future__", "dataclasses")


class NotReusable(Exception):
    """Something in a module cannot be put back."""


class FunctionChanges:
    """Whether the code or the defaults of any function may have been replaced: looking at each takes time.

    Whoever hears of such changes calls it before each; at first nothing is known.
    """

    def __init__(self) -> None:
        self._any = True

    def __call__(self) -> None:
        """Note a change."""
        self._any = True

    def taken(self) -> bool:
        """Whether there was one since the last call."""
        found, self._any = self._any, False
        return found


class Reusable:
    """A module that was executed once, with all that is needed to put it back.

    Args:
        module: just executed.
        own: the names of modules whose classes and functions belong to a run; of these the others must be
            reusable themselves.
        reused: the names of those that are.

    Raises:
        NotReusable: when it cannot be put back.
    """

    def __init__(self, module: ModuleType, own: Collection[str], reused: Collection[str]) -> None:
        self.module = module
        self._names = dict(module.__dict__)
        self._own, self._reused = frozenset(own), frozenset(reused)
        self._dicts: list[tuple[dict[Any, Any], dict[Any, Any]]] = []
        self._empty: list[dict[Any, Any] | set[Any]] = []  # nearly all: the attributes of functions
        self._lists: list[tuple[list[Any], list[Any]]] = []
        self._locks: list[Primitive] = []
        self._counts: dict[str, list[int]] = {}  # the counters of itertools that have a name of their own
        self._classes: list[tuple[type, dict[str, Any]]] = []
        self._cells: list[tuple[CellType, Any]] = []
        self._functions: list[tuple[FunctionType, tuple[Any, ...]]] = []
        self._seen: set[int] = set()
        for name, value in self._names.items():
            if type(value) is itertools.count:
                self._counts[name] = [int(number) for number in re.findall(r"-?\d+", repr(value))]
            elif name not in _NAMESPACE and name[0] != "@":
                self._examine(value)

    def restore(self, *, functions: bool = True) -> ModuleType:
        """Put everything back to how it was after the module's execution.

        Args:
            functions: whether what functions are made of may have been replaced.
        """
        for name, start_and_step in self._counts.items():
            self._names[name] = itertools.count(*start_and_step)
        _put_back(self.module.__dict__, self._names)
        for lock in self._locks:
            lock.reset()
        if any(self._empty):
            for each in self._empty:
                each.clear()
        for names, saved in self._dicts:
            _put_back(names, saved)
        for values, items in self._lists:
            if not _same(values, items):
                values[:] = items
        for kind, saved in self._classes:
            _put_class_back(kind, saved)
        for cell, value in self._cells:
            cell.cell_contents = value
        for function, (code, defaults, keywords) in self._functions if functions else ():
            if function.__code__ is not code or function.__defaults__ is not defaults:
                function.__code__, function.__defaults__ = code, defaults
            if function.__kwdefaults__ is not keywords:
                function.__kwdefaults__ = keywords
        return self.module

    def _examine(self, value: Any) -> None:
        kind = type(value)
        if kind in _ATOMS or kind.__module__ in _STATELESS or id(value) in self._seen:
            return
        self._seen.add(id(value))
        examine = _EXAMINERS.get(kind)
        if examine is not None:
            examine(self, value)
        elif isinstance(value, Primitive):
            self._locks.append(value)
        elif isinstance(value, type):
            self._examine_class(value)
        elif isinstance(value, enum.Enum) or kind.__name__ == "_EnumMember":
            self._keep(value.__dict__)
        elif kind in (types.BuiltinFunctionType, types.MethodType) and isinstance(
            value.__self__, (type, ModuleType, type(None))
        ):
            self._examine(value.__self__)
        elif not isinstance(value, ModuleType):
            raise NotReusable(f"{kind.__name__}")

    def _is_foreign(self, module: object) -> bool:
        """Whether something comes from a module that stays from run to run anyway."""
        if module == self.module.__name__:
            return False
        if module in self._own and module not in self._reused:
            raise NotReusable(f"it comes from {module}")
        return True

    def _examine_class(self, kind: type) -> None:
        if self._is_foreign(kind.__module__):
            return
        saved = dict(kind.__dict__)
        self._classes.append((kind, saved))
        for name, value in saved.items():
            if name not in _METADATA:
                self._examine(value)

    def _examine_function(self, function: FunctionType) -> None:
        if function.__globals__ is not self._names and self._is_foreign(function.__module__):
            return
        keywords = function.__kwdefaults__
        self._functions.append((function, (function.__code__, function.__defaults__, keywords)))
        self._examine(function.__defaults__ or ())
        if keywords:
            self._keep(keywords)
        for cell in function.__closure__ or ():
            try:
                value = cell.cell_contents
            except ValueError:
                raise NotReusable("an empty cell") from None
            self._cells.append((cell, value))
            self._examine(value)
        self._keep(function.__dict__)

    def _examine_items(self, values: Collection[Any]) -> None:
        for value in values:
            self._examine(value)

    def _examine_accessor(self, accessor: Any) -> None:
        for name in ("fget", "fset", "fdel", "func", "__func__"):
            self._examine(getattr(accessor, name, None))

    def _keep(self, names: dict[Any, Any]) -> None:
        if not names:
            self._empty.append(names)
            return
        self._dicts.append((names, dict(names)))
        self._examine_items(names.keys())
        self._examine_items(names.values())

    def _keep_list(self, values: list[Any]) -> None:
        self._lists.append((values, list(values)))
        self._examine_items(values)

    def _keep_set(self, values: set[Any]) -> None:
        if values:
            raise NotReusable("a set, whose order depends on its history")
        self._empty.append(values)


_EXAMINERS: dict[type, Callable[[Reusable, Any], None]] = {
    FunctionType: Reusable._examine_function,
    dict: Reusable._keep,
    list: Reusable._keep_list,
    set: Reusable._keep_set,
    tuple: Reusable._examine_items,
    frozenset: Reusable._examine_items,
    property: Reusable._examine_accessor,
    staticmethod: Reusable._examine_accessor,
    classmethod: Reusable._examine_accessor,
    functools.cached_property: Reusable._examine_accessor,
}


def _same(names: Collection[Any], saved: Collection[Any]) -> bool:
    return len(names) == len(saved) and all(map(is_, names, saved))


def _put_back(names: dict[Any, Any], saved: dict[Any, Any]) -> None:
    if not (_same(names.values(), saved.values()) and _same(names, saved)):
        names.clear()
        names.update(saved)


def _put_class_back(kind: type, saved: dict[str, Any]) -> None:
    if _same(kind.__dict__.values(), saved.values()):
        return
    for name in kind.__dict__.keys() - saved.keys():
        type.__delattr__(kind, name)
    for name, value in saved.items():
        if kind.__dict__.get(name) is not value:
            type.__setattr__(kind, name, value)
