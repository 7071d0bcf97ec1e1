"""What a thread has missed: values that it read and that another one changed before it went on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dojo.reports.timeline.beats import SETUP, Beat


@dataclass(frozen=True, slots=True)
class Glance:
    """What is to be said about one beat beyond what it did.

    Attributes:
        stale: variables with the values read here which are others when the thread goes on.
        missed: what has changed since this thread ran last and read it: variable, then, now, by whom.
    """

    stale: tuple[tuple[str, str], ...] = ()
    missed: tuple[tuple[str, str, str, str], ...] = ()


def glances(beats: Sequence[Beat]) -> list[Glance]:
    """One for each beat."""
    stale: dict[int, list[tuple[str, str]]] = {}
    missed: dict[int, list[tuple[str, str, str, str]]] = {}
    reads: dict[tuple[str, str], tuple[int, str]] = {}  # by thread and variable: where and what it read last
    changed: dict[tuple[str, str], tuple[str, str]] = {}  # the same: what it is now, and by whom
    for number, beat in enumerate(beats):
        for key in [key for key in changed if key[0] == beat.thread]:
            value, by = changed.pop(key)
            where, read = reads.pop(key)
            stale.setdefault(where, []).append((key[1], read))
            missed.setdefault(number, []).append((key[1], read, value, by))
        if beat.kind == SETUP:
            continue
        for effect in beat.did("read", "write"):
            if effect.kind == "read":
                reads[beat.thread, effect.name] = (number, effect.value)
                continue
            reads.pop((beat.thread, effect.name), None)
            for key, (_, read) in reads.items():
                if key[1] == effect.name and effect.value:
                    changed[key] = (effect.value, beat.thread)
                    if read == effect.value:  # and back again
                        del changed[key]
    return [
        Glance(tuple(stale.get(number, ())), tuple(missed.get(number, ()))) for number in range(len(beats))
    ]
