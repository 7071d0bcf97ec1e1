"""Names for the objects of a recorded run, as the learner's code calls them: ``Semaphore._lock``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dojo.simulator.targets import Target


def name_targets(targets: Sequence[Target]) -> dict[int, str]:
    """Name the objects that events are about.

    An object of the learner's is called by its class, with a number if there are several. A lock is called by
    the attribute of such an object that holds it, and the locks inside an ``Event`` or a ``Queue`` have the
    name of that: the learner never sees them.

    Args:
        targets: the objects, by serial number less 1.

    Returns:
        Names by serial number; those for which there is none are left out.
    """
    owners = [(serial, target) for serial, target in enumerate(targets, 1) if target.is_learners]
    total = Counter(target.kind.__name__ for _, target in owners)
    seen: Counter[str] = Counter()
    names: dict[int, str] = {}
    for serial, target in owners:
        kind = target.kind.__name__
        seen[kind] += 1
        names[serial] = kind if total[kind] == 1 else f"{kind} {seen[kind]}"
    for serial, target in enumerate(targets, 1):
        if target.holder is not None:
            names[serial] = f"{names[target.holder.serial]}.{target.holder.attribute}"
    return names
