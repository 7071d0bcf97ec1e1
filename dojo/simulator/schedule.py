"""A schedule as a value: which threads are delayed or stalled, and at which of their own steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Delay(NamedTuple):
    """Send a thread to the back of the ready queue when it is about to execute its own step ``step``.

    Counting a thread's own steps, not global ones, keeps a delay meaningful while other threads or the
    workload shrink. Delay bounding: Emmi, Qadeer, Rakamaric 2011, "Delay-bounded scheduling".
    """

    thread: int
    step: int


class Stall(NamedTuple):
    """Let ``nanoseconds`` of virtual time pass while a thread stands before its own step ``step``."""

    thread: int
    step: int
    nanoseconds: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every deviation from the default order (run until blocked, first in first out).

    Any interleaving the scheduler can produce is a schedule: picking the k-th ready thread is k delays.
    The same delay listed twice applies twice.
    """

    delays: tuple[Delay, ...] = ()
    stalls: tuple[Stall, ...] = ()

    @staticmethod
    def of(delays: Iterable[tuple[int, int]] = (), stalls: Iterable[tuple[int, int, int]] = ()) -> Schedule:
        """Build a schedule from plain tuples."""
        return Schedule(tuple(Delay(*d) for d in delays), tuple(Stall(*s) for s in stalls))

    def __len__(self) -> int:
        return len(self.delays) + len(self.stalls)


DEFAULT_ORDER = Schedule()
