"""The same room for recursion in every run, however deep the stack is from which a run is started.

A greenlet begins at the depth of the one that first switches to it. Without this an endless recursion would be
longer in a replay than where it was found, and its trace another one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

ROOM = 980  # calls: what is left of the usual limit of 1,000 in a small program

_excess: dict[tuple[int, int], int] = {}


@contextmanager
def same_room() -> Iterator[None]:
    """Let exactly ``ROOM`` more calls be nested while the block is executed."""
    before = sys.getrecursionlimit()
    here = (_depth(), before)
    if here not in _excess:
        # The interpreter counts more than Python frames, so only trying tells how many calls are left.
        _excess[here] = _left() - ROOM
    limit = before - _excess[here]
    if limit == before:
        yield
        return
    sys.setrecursionlimit(limit)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _depth() -> int:
    depth = 0
    frame = sys._getframe(1)
    while frame is not None:
        depth += 1
        frame = frame.f_back  # type: ignore[assignment]
    return depth


def _left() -> int:
    try:
        return _left() + 1
    except RecursionError:
        return 0
