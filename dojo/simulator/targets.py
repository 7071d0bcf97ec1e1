"""The objects that a trace speaks of, by serial number, with what a report will want to know of them.

They are not kept alive: code that goes by weak references would notice that it is recorded. A list or a dict can
not be referred to weakly; those are held, and looked after at every event and before garbage is collected on request.
"""

from __future__ import annotations

import sys
import weakref
from collections import deque
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import NamedTuple

from dojo.simulator.locks import Primitive
from dojo.simulator.private import PRIVATE
from dojo.simulator.snapshot import attributes

LEARNERS_MODULE = "kata"
_HELD = (Primitive, list, dict, set, deque)
_LASTING = (type, ModuleType, FunctionType)
_LOOKED_AFTER = 16  # objects at an event: runs that make thousands are still recorded in linear time
_ASKED = 32  # objects that may have another one as an attribute, from either end
_DEPTH = 3  # an Event has a Condition, which has a lock


class Holder(NamedTuple):
    """The learner's object that has another one as an attribute."""

    serial: int
    attribute: str


class Gone:
    """Stands for an object that is no more."""


GONE = Gone()


class Target:
    """One object, or what is still known of it.

    Args:
        thing: the object.

    Attributes:
        kind: its class.
        holder: of a lock or container, who has it, or has the ``Event``, ``Queue`` or the like that a lock is
            inside of.
        ident: of a ``Thread``, the number of the thread, once it was started.
        inner: of an ``Event``, the number of the lock that it is made of; 0 for others.
        is_thread: whether it is a ``Thread``.
    """

    __slots__ = ("_keep", "_ref", "holder", "ident", "inner", "is_thread", "kind")

    def __init__(self, thing: object) -> None:
        self.kind = type(thing)
        self.holder: Holder | None = None
        self.ident: int | None = None
        self.inner = 0
        self.is_thread = is_a(self.kind, "threading", "Thread")
        self._keep: object = thing
        self._ref: weakref.ref[object] | None = None

    @property
    def is_learners(self) -> bool:
        """Whether it is an instance of a class of the learner's."""
        return self.kind.__module__ == LEARNERS_MODULE and not issubclass(self.kind, type)

    @property
    def thing(self) -> object:
        """The object; ``GONE`` if it is no more."""
        if self._ref is None:
            return self._keep
        thing = self._ref()
        return GONE if thing is None else thing

    def hold_weakly(self, numbers: dict[int, int]) -> bool:
        """Let go of the object, if it can tell when it goes; its number goes with it then. Tell whether it can."""
        key = id(self._keep)
        try:
            # Another object may get the address, but never the number.
            self._ref = weakref.ref(self._keep, lambda _: numbers.pop(key, None))
        except TypeError:
            return False  # no weak references without a slot for them
        self._keep = None
        return True

    def references(self) -> int:
        """To an object that is held: how many there are, by the count of the interpreter."""
        return sys.getrefcount(self._keep)

    def let_go(self, numbers: dict[int, int]) -> None:
        """Let go of an object that is held, and of its number."""
        numbers.pop(id(self._keep), None)
        self._keep = GONE


class Targets:
    """Numbers objects in order of first appearance, from 1."""

    def __init__(self) -> None:
        self._targets: list[Target] = []
        self._numbers: dict[int, int] = {}  # by id; a number is given to one object only
        self._held: deque[Target] = deque()
        self._owners: list[int] = []  # the numbers of instances of the learner's classes

    def number(self, thing: object) -> int:
        """The number of an object; a new one if it is new."""
        key = id(thing)
        number = self._numbers.get(key)
        if number is None:
            target = Target(thing)
            self._targets.append(target)
            number = self._numbers[key] = len(self._targets)
            if target.is_learners:
                self._owners.append(number)
            if isinstance(thing, _HELD):
                target.holder = self._holder(thing)
            lock = _lock_of_event(thing)
            if lock is not None:
                target.inner = self.number(lock)
            if not isinstance(thing, _LASTING) and not target.hold_weakly(self._numbers):
                self._held.append(target)
        target = self._targets[number - 1]
        if target.is_thread and target.ident is None:
            target.ident = dict(attributes(thing)).get("_ident")  # type: ignore[assignment]
        return number

    def look_after(self, most: int = _LOOKED_AFTER) -> None:
        """Let go of held objects that nobody else refers to, and so of all that they hold.

        Args:
            most: how many to look at; the next ones come next time.
        """
        held = self._held
        for _ in range(min(most, len(held))):
            if held[0].references() == _OURS:
                held.popleft().let_go(self._numbers)
            else:
                held.rotate(-1)

    def before_collection(self, phase: str, _: object) -> None:
        """Do so with all of them, as a callback of the garbage collector."""
        left = -1
        while phase == "start" and left != len(self._held):  # one may hold another
            left = len(self._held)
            self.look_after(left)

    def __getitem__(self, serial: int) -> Target:
        return self._targets[serial - 1]

    def all(self) -> tuple[Target, ...]:
        """All of them, in the order of their numbers."""
        return tuple(self._targets)

    def _holder(self, thing: object) -> Holder | None:
        # Now: when the run is over, its objects are gone. Of very many it is one of the first, or one just made.
        owners = self._owners
        if len(owners) > 2 * _ASKED:
            owners = owners[:_ASKED] + owners[-_ASKED:]
        for serial in owners:
            for attribute, value in attributes(self[serial].thing):
                if any(inner is thing for inner in _inside(value, _DEPTH)):
                    return Holder(serial, attribute)
        return None


def is_a(kind: type, module: str, name: str) -> bool:
    """Whether a class is, or comes from, that one of the private stdlib, which every world has its own copy of."""
    return any(each.__module__ == module and each.__qualname__ == name for each in kind.__mro__)


def _lock_of_event(thing: object) -> object:
    if not is_a(type(thing), "threading", "Event"):
        return None
    return dict(attributes(dict(attributes(thing)).get("_cond"))).get("_lock")


def _inside(value: object, depth: int) -> Iterator[object]:
    """A value and, if it is a synchronisation object of the standard library, the locks it is made of."""
    yield value
    if depth and type(value).__module__ in PRIVATE and not isinstance(value, Primitive):
        for _, inner in attributes(value):
            if isinstance(inner, Primitive) or type(inner).__module__ in PRIVATE:
                yield from _inside(inner, depth - 1)


_probe = Target([])
_OURS = _probe.references()  # to an object that nobody else refers to
