"""What a submission sees of modules and builtins that it shares with the grader: what they offer, nothing behind it.

A module of the standard library holds the modules that it has imported for itself, down to ``os``. A facade shows its
public names alone and cannot be changed: a change would stay for the next run, and for the grader.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from types import MappingProxyType, ModuleType
from typing import Any

# Attributes that lead from any object to the process around it.
HIDDEN = frozenset(
    {
        "__builtins__",
        "__closure__",
        "__code__",
        "__func__",
        "__get__",
        "__getattribute__",
        "__globals__",
        "__loader__",
        "__self__",
        "__spec__",
        "__subclasses__",
        "_getframe",
        "_os",  # modules that the allowed ones have imported for themselves, down to "os"
        "ag_frame",
        "atexit",
        "bltns",
        "builtins",
        "cell_contents",
        "cr_frame",
        "f_back",
        "f_builtins",
        "f_globals",
        "f_locals",
        "gi_frame",
        "gr_frame",
        "inspect",
        "io",
        "modules",
        "os",
        "tb_frame",
    }
)
_DROPPED = {
    "string": frozenset({"Formatter"}),  # it looks attributes up by texts
    "weakref": frozenset({"finalize"}),  # it calls back when no run is left that could be judged
}
_LIVE = frozenset({"excepthook"})  # the grader sets it in the middle of a run
_names_of: Callable[[ModuleType], dict[str, Any]] = vars(ModuleType)[
    "__dict__"
].__get__  # past the property of a facade
_LEADING_OUT = ("breakpoint", "compile", "eval", "exec", "globals", "help", "input", "open")


class Facade(ModuleType):
    """A module that cannot be changed.

    Args:
        name, doc: of the module.
        names: what it shows.
        live: shows the names in ``_LIVE`` as they are at the moment.
    """

    def __init__(
        self, name: str, doc: str | None, names: dict[str, Any], live: ModuleType | None = None
    ) -> None:
        super().__init__(name, doc)
        _names_of(self).update(names)
        if live is not None:
            ModuleType.__setattr__(self, "__getattr__", _live(live))

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        """Its names, for reading."""
        return MappingProxyType(_names_of(self))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a kata cannot change `{name}` of the module `{self.__name__}`")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a kata cannot delete `{name}` of the module `{self.__name__}`")


def facade(module: ModuleType) -> Facade:
    """A module as a submission sees it, with the modules beneath it."""
    own = module.__name__
    names: dict[str, Any] = {}
    for name in dict.fromkeys([*getattr(module, "__all__", ()), *vars(module)]):
        if name.startswith("_") or name in HIDDEN | _LIVE | _DROPPED.get(own, frozenset()):
            continue
        try:
            value = getattr(module, name)
        except (AttributeError, ImportError):
            continue  # made when it is asked for, of what is not part of the simulation
        if not isinstance(value, ModuleType):
            names[name] = value
        elif value.__name__ == f"{own}.{name}":
            names[name] = facade(value)
    if own == "operator":
        names |= {"attrgetter": _attrgetter, "methodcaller": _methodcaller}
    if hasattr(module, "__all__"):
        names["__all__"] = [name for name in module.__all__ if name in names]
    return Facade(own, module.__doc__, names, module if _LIVE & vars(module).keys() else None)


def guarded_builtins(names: dict[str, Any]) -> dict[str, Any]:
    """Builtins as a submission gets them: without those that lead out, and hidden attributes are not found.

    Args:
        names: all there are.
    """
    kept = {name: value for name, value in names.items() if name not in _LEADING_OUT}
    return kept | {"getattr": _getattr, "setattr": _setattr, "delattr": _delattr}


def _live(module: ModuleType) -> Callable[[str], Any]:
    def lookup(name: str) -> Any:
        if name in _LIVE:
            return getattr(module, name)
        raise AttributeError(f"module '{module.__name__}' has no attribute '{name}'")

    return lookup


def _guard(name: object) -> None:
    if isinstance(name, str) and name in HIDDEN:
        raise AttributeError(f"`.{name}` is not available in a kata")


@functools.wraps(getattr)
def _getattr(*args: Any) -> Any:
    if len(args) > 1:
        _guard(args[1])
    return getattr(*args)


@functools.wraps(setattr)
def _setattr(*args: Any) -> None:
    if len(args) > 1:
        _guard(args[1])
    setattr(*args)


@functools.wraps(delattr)
def _delattr(*args: Any) -> None:
    if len(args) > 1:
        _guard(args[1])
    delattr(*args)


def _attrgetter(*names: Any) -> Callable[[Any], Any]:
    for name in names:
        for part in str(name).split("."):
            _guard(part)
    return operator.attrgetter(*names)


def _methodcaller(name: Any, /, *args: Any, **keywords: Any) -> Callable[[Any], Any]:
    _guard(name)
    return operator.methodcaller(name, *args, **keywords)
