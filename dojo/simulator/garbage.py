"""Keeps the garbage collector out of runs: they make next to no garbage, and it would look at every object anew."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def no_collection(*told: Callable[[str, dict[str, int]], None]) -> Iterator[None]:
    """Collect nothing inside the block, except by request; blocks may be nested.

    Args:
        told: called at the start and at the end of a collection that is asked for.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    gc.callbacks += told
    try:
        yield
    finally:
        for each in told:
            gc.callbacks.remove(each)
        if was_enabled:
            gc.enable()
