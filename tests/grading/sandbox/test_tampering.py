"""Whatever is replaced in a module or in a class of it is noticed, by name."""

from __future__ import annotations

from types import FunctionType, ModuleType

import pytest

from dojo.grading.sandbox.tampering import functions_in, make_comparison, privately, spaces


def _module() -> ModuleType:
    module = ModuleType("shared")

    class Kind:
        def method(self) -> None: ...

        @staticmethod
        def free() -> None: ...

        @property
        def value(self) -> int:
            return 1

    Kind.__module__, Kind.__qualname__ = "shared", "Kind"
    module.__dict__.update(Kind=Kind, first=len, second=lambda: None, count=1)
    return module


class EqualsAll:
    """What would fool a comparison by value."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


@pytest.mark.parametrize(
    ("of", "name"),
    [("", "first"), ("", "second"), ("", "Kind"), ("Kind", "method"), ("Kind", "free"), ("Kind", "value")],
)
def test_what_is_replaced_or_gone_is_named(of: str, name: str) -> None:
    """Also by something that is equal to what was there."""
    for gone in (False, True):
        module = _module()
        changed = privately(make_comparison)(list(spaces([module, "no module"])))
        assert changed() == ""
        place = module.Kind if of else module
        delattr(place, name) if gone else setattr(place, name, EqualsAll())
        assert changed() == ".".join(filter(None, ["shared", of, name]))


def test_data_may_change() -> None:
    """Counters and caches do all the time, and so may what is new."""
    module = _module()
    changed = make_comparison(list(spaces([module])))
    module.count, module.other = 2, 3
    assert changed() == ""


def test_functions_are_found_in_what_wraps_them() -> None:
    """In modules, classes, static methods and properties."""
    names = {each.__name__ for each in functions_in(spaces([_module()]))}
    assert names == {"<lambda>", "method", "free", "value"}


def test_private_functions_go_by_names_of_their_own() -> None:
    """To patch the module, or the builtins, changes nothing for them."""
    private = privately(make_comparison)([])
    assert isinstance(private, FunctionType)
    assert private.__globals__ is not make_comparison.__globals__
    assert private.__globals__["__builtins__"] is not make_comparison.__globals__["__builtins__"]
