"""Names for the objects of a recorded run, as the learner's code calls them: ``Semaphore._lock``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dojo.simulator.locks import Primitive
from dojo.simulator.private import PRIVATE
from dojo.simulator.snapshot import attributes


def name_targets(targets: Sequence[object]) -> dict[int, str]:
    """Name the objects that events are about.

    An object of the learner's is called by its class, with a number if there are several. What is an
    attribute of such an object is called by it, and the locks inside an ``Event`` or a ``Queue`` have the name
    of that: the learner never sees them.

    Args:
        targets: the objects, by serial number less 1.

    Returns:
        Names by serial number; those for which there is none are left out.
    """
    serials = {id(target): serial for serial, target in enumerate(targets, 1)}
    names: dict[int, str] = {}
    owners = [target for target in targets if _is_learners(target)]
    total = Counter(type(target).__name__ for target in owners)
    seen: Counter[str] = Counter()
    for owner in owners:
        kind = type(owner).__name__
        seen[kind] += 1
        names[serials[id(owner)]] = kind if total[kind] == 1 else f"{kind} {seen[kind]}"
    for owner in owners:
        for attribute, value in attributes(owner):
            for inner in _inside(value, 3):
                serial = serials.get(id(inner))
                if serial is not None:
                    names.setdefault(serial, f"{names[serials[id(owner)]]}.{attribute}")
    return names


def _inside(value: object, depth: int) -> Iterator[object]:
    """A value and, if it is a synchronisation object of the standard library, the locks it is made of."""
    yield value
    if depth and type(value).__module__ in PRIVATE and not isinstance(value, Primitive):
        for _, inner in attributes(value):
            if isinstance(inner, Primitive) or type(inner).__module__ in PRIVATE:
                yield from _inside(inner, depth - 1)


def _is_learners(target: object) -> bool:
    return type(target).__module__ == "kata" and not isinstance(target, type)
