"""Stand-ins for ``id()`` and address-based hashes: serial numbers, which are the same in every run."""

from __future__ import annotations

import weakref
from typing import Any


class Identities:
    """Numbers objects in the order in which they are first asked about.

    Code that sorts by ``id()``, as ``concurrent.futures.wait`` and many a lock hierarchy do, or that iterates
    over a set of events, would otherwise take an order from memory addresses.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, Any]] = {}
        self._pinned: dict[int, tuple[int, Any]] = {}
        self._count = 0

    def number(self, thing: Any, /) -> int:
        """The serial number of an object; what can not be weakly referenced is kept alive until the reset."""
        key = id(thing)
        entry = self._known.get(key)
        if entry is None:
            self._count += 1
            known = self._known
            try:
                holder = weakref.ref(thing, lambda _: known.pop(key, None))
            except TypeError:
                holder = thing
            entry = known[key] = (self._count, holder)
        return entry[0]

    def pin(self) -> None:
        """Keep the numbers given so far beyond every reset."""
        self._pinned = dict(self._known)

    def reset(self) -> None:
        """Forget all objects but the pinned ones, and count from there again."""
        self._known.clear()
        self._known.update(self._pinned)
        self._count = len(self._pinned)
