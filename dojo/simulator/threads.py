"""A simulated thread: a greenlet with its own step counter and what it waits for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from greenlet import greenlet

NEVER = sys.maxsize
MAIN_IDENT = 1


class Killed(BaseException):
    """Thrown into a thread that is still there when its run is over; never seen by a passing run."""


class Sleep:
    """What a sleeping thread waits for."""

    __slots__ = ()


SLEEP = Sleep()


class SimThread:
    """The scheduler's record of one thread.

    ``steps`` counts the thread's own preemption points. While it is not running, ``steps`` is the number
    of the step it is about to execute: that is the position a delay names.
    """

    __slots__ = (
        "ask_at",
        "deadline",
        "due",
        "fair_at",
        "finished",
        "greenlet",
        "held_up",
        "ident",
        "joiners",
        "kills",
        "last_name",
        "next_at",
        "owner",
        "parked",
        "ready",
        "resumed_at",
        "steps",
        "waiting_on",
        "wakeups",
    )

    def __init__(self, ident: int, run: Any, hub: greenlet | None) -> None:
        self.ident = ident
        self.greenlet: greenlet | None = greenlet(run, hub) if hub is not None else None
        self.steps = 1
        self.resumed_at = 0
        self.next_at: int = NEVER  # the step at which a hook leaves its fast path
        self.ask_at: int = NEVER  # the step at which the strategy wants to be asked
        self.fair_at: int = NEVER  # the step at which the fair quantum is used up
        self.waiting_on: Any = None
        self.deadline: int | None = None
        self.due = False  # its deadline has passed
        self.parked = 0  # serial of the current wait: tells a live timer from a stale one
        self.ready = False
        self.held_up = 0  # serial of the stall that holds it up; 0 when none does
        self.finished = False
        self.owner: Any = None  # the threading.Thread it runs, if any, until it ends
        self.last_name = ""  # what that was called when it ended
        self.joiners: list[Any] = []  # locks and handles that its end releases
        self.kills = 0
        self.wakeups = 0  # times it was resumed after a wait


def own_name(thread: SimThread) -> str:
    """The name that the subject gave a thread, or the library."""
    if thread.ident == MAIN_IDENT:
        return "main"
    return thread.owner.name if thread.owner is not None else thread.last_name or f"thread-{thread.ident}"


def unique_name(thread: SimThread, threads: Sequence[SimThread]) -> str:
    """A thread's own name; with a number behind it, if an earlier one has the same: ``worker (2)``."""
    name = own_name(thread)
    same = sum(own_name(other) == name for other in threads[: thread.ident - MAIN_IDENT])
    return f"{name} ({same + 1})" if same else name
