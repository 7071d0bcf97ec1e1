"""A submission sees of a module what it offers, can change nothing of it, and finds no way behind it."""

from __future__ import annotations

import collections
import operator
import threading
from types import MappingProxyType, ModuleType
from typing import Any

import pytest

from dojo.grading.sources.submission import ALLOWED
from dojo.simulator.facades import HIDDEN, Facade, facade, guarded_builtins
from dojo.simulator.machine import Machine, compile_program


def run(source: str) -> dict[str, Any]:
    """The names of a program that was executed as a submission would be."""
    machine = Machine(compile_program(source, "kata.py"), allowed=ALLOWED)
    names: dict[str, Any] = {}
    outcome = machine.run(lambda: names.update(vars(machine.load()))).outcome
    assert outcome.ok, outcome.message
    return names


@pytest.mark.parametrize("name", sorted(ALLOWED - {"__future__", "concurrent"}))
def test_a_facade_offers_what_the_module_does(name: str) -> None:
    """All that it exports, and no module but those beneath it."""
    seen = run(f"import {name}\n")[name]
    assert isinstance(seen, Facade)
    exported = set(getattr(__import__(name), "__all__", ())) - {"Formatter", "excepthook", "finalize"}
    private = {each for each in exported if each.startswith("_")}
    missing = exported - private - set(vars(seen)) if name != "sys" else set()
    assert not missing
    inner = [value for value in vars(seen).values() if isinstance(value, ModuleType)]
    assert all(value.__name__.startswith(f"{name}.") for value in inner)


def test_what_is_imported_in_other_ways() -> None:
    """Modules beneath a module, by any form of import; and all that a module exports."""
    names = run(
        "import collections.abc, concurrent.futures as futures\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from collections import abc\n"
        "from heapq import *\n"
    )
    assert names["collections"].abc.Mapping is names["abc"].Mapping is collections.abc.Mapping
    assert names["futures"].ThreadPoolExecutor is names["ThreadPoolExecutor"]
    assert "heappush" in names


def test_nothing_of_a_module_can_be_changed() -> None:
    """Neither by assignment nor by its names."""
    seen = facade(threading)
    with pytest.raises(AttributeError, match="cannot change `Lock` of the module `threading`"):
        seen.Lock = None
    with pytest.raises(AttributeError, match="cannot delete `Lock`"):
        del seen.Lock
    assert type(vars(seen)) is MappingProxyType
    assert seen.Lock is threading.Lock


def test_what_the_grader_sets_is_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A property that listens to ``threading.excepthook`` sets it in the middle of a run."""
    seen = facade(threading)
    monkeypatch.setattr(threading, "excepthook", len)
    assert seen.excepthook is len
    assert not hasattr(seen, "no_such_name")


@pytest.mark.parametrize("name", ["__globals__", "__subclasses__", "tb_frame", "cell_contents"])
def test_hidden_attributes_are_not_found_by_a_text(name: str) -> None:
    """By no function that looks one up."""
    assert name in HIDDEN
    names = guarded_builtins({})
    for look in (
        lambda: names["getattr"](run, name),
        lambda: names["getattr"](run, name, None),
        lambda: names["setattr"](run, name, 1),
        lambda: names["delattr"](run, name),
        lambda: facade(operator).attrgetter(f"x.{name}"),
        lambda: facade(operator).methodcaller(name),
    ):
        with pytest.raises(AttributeError, match="not available in a kata"):
            look()
    assert names["getattr"](run, "nothing", 5) == 5
    assert facade(operator).attrgetter("real")(3) == 3
