"""A simulated thread: a greenlet with its own step counter and what it waits for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from greenlet import greenlet

from dojo.simulator.output import without_addresses

NEVER = sys.maxsize
MAIN_IDENT = 1


class Killed(BaseException):
    """Thrown into a thread that is still there when its run is over; never seen by a passing run."""


class Sleep:
    """What a sleeping thread waits for."""

    __slots__ = ()


SLEEP = Sleep()


def nothing() -> None:
    """What a thread runs that has ended."""


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
        "run",
        "steps",
        "waiting_on",
        "wakeups",
    )

    def __init__(self, ident: int, run: Callable[[], None]) -> None:
        self.ident = ident
        self.run = run
        self.greenlet: greenlet | None = None  # what carries it, from its first turn to its end
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
        self.joiners: list[Callable[[], None]] = []  # locks and handles that its end releases
        self.kills = 0
        self.wakeups = 0  # times it was resumed after a wait


def own_name(thread: SimThread) -> str:
    """The name that the subject gave a thread, or the library; one made of an object has no address in it."""
    if thread.ident == MAIN_IDENT:
        return "main"
    if thread.owner is None:
        return thread.last_name or f"thread-{thread.ident}"
    name = str(thread.owner.name)
    return without_addresses(name) if " at 0x" in name else name


def names_of(threads: Sequence[SimThread]) -> list[str]:
    """The name a reader knows each thread by.

    It is the thread's own; with a number behind it, if an earlier one has the same: ``worker (2)``.
    """
    used: dict[str, int] = {}
    names = []
    for thread in threads:
        name = own_name(thread)
        used[name] = number = used.get(name, 0) + 1
        names.append(f"{name} ({number})" if number > 1 else name)
    return names
