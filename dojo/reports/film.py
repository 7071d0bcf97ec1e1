"""A replayed run as a film: how everything stands after each step, for whoever steps through it or draws it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dojo.checking.verdict import Step

RUNNING, READY, WAITING, SLEEPING, STALLED, ENDED = (
    "runs",
    "ready",
    "waits",
    "sleeps",
    "stands still",
    "ended",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one thread stands.

    Attributes:
        doing: one of the words above.
        why: what it waits for.
        lock: the lock that it wants, if it wants one that has a name.
        until: when it wakes at the latest, or may go on where it stands still, in virtual nanoseconds; 0 if
            it waits without a limit.
        file, line, text: the last source line it was seen at; "" and 0 before the first.
    """

    doing: str
    why: str = ""
    file: str = ""
    line: int = 0
    text: str = ""
    lock: str = ""
    until: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """How everything stands after one step.

    Attributes:
        step: what has just happened.
        threads: by name, in the order in which they were started.
        held: for every lock that is held and has a name, by whom.
        values: for every variable seen so far that has a value to show, that value as text.
    """

    step: Step
    threads: dict[str, Standing]
    held: dict[str, str]
    values: dict[str, str]


def film(steps: Sequence[Step]) -> list[Moment]:
    """The moments of a run, one for each step."""
    return list(_moments(steps))


def _moments(steps: Sequence[Step]) -> Iterator[Moment]:
    threads: dict[str, Standing] = {}
    held: dict[str, str] = {}
    values: dict[str, str] = {}
    wanted: dict[str, str] = {}  # by thread, the lock that it asked for last and has not got
    woken: dict[str, Standing] = {}  # who waited for a lock and may go on, as it stood: it may come too late
    for step in steps:
        threads, held, values = dict(threads), dict(held), dict(values)
        if step.thread:
            if step.kind != "wait":
                wanted[step.thread] = step.subject if step.kind == "acquire" else ""
                woken.pop(step.thread, None)
            before = threads.get(step.thread, Standing(READY))
            threads[step.thread] = _after(
                step, before, wanted.get(step.thread, "") if step.kind == "wait" else ""
            )
        if step.kind == "resume":
            for name, other in threads.items():
                if name != step.thread and other.doing == RUNNING:
                    threads[name] = replace(other, doing=READY)
        elif step.kind in ("start", "wake") and step.subject:
            before = threads.get(step.subject, Standing(READY))
            if before.lock:
                woken[step.subject] = before
            threads[step.subject] = _ready(before)
        elif step.kind == "acquired" and step.subject:
            held[step.subject] = step.thread
            for name, stood in woken.items():
                if stood.lock == step.subject:
                    threads[name] = stood
        elif step.kind == "release":
            held.pop(step.subject, None)
        elif step.kind == "clock":
            for name, other in threads.items():
                if 0 < other.until <= step.now:
                    threads[name] = _ready(other)
        elif step.kind in ("load", "store", "read", "write") and step.subject and step.value:
            values[step.subject] = step.value
        yield Moment(step, threads, held, values)


def _ready(standing: Standing) -> Standing:
    """The same thread when nothing keeps it any more."""
    return replace(standing, doing=READY, why="", lock="", until=0)


def _after(step: Step, before: Standing, lock: str) -> Standing:
    """How the thread of a step stands after it."""
    place = (step.file, step.line, step.text) if step.line else (before.file, before.line, before.text)
    if step.kind == "wait":
        asleep = step.subject.startswith("sleep()")
        return Standing(SLEEPING if asleep else WAITING, step.subject, *place, lock, _nanoseconds(step))
    doing = {"preempt": READY, "stall": STALLED, "end": ENDED}.get(step.kind, RUNNING)
    if before.doing == ENDED:
        doing = ENDED  # a thread lets go of its own lock after its end
    length = _nanoseconds(step) if doing == STALLED else 0
    return Standing(doing, "", *place, until=step.now + length if length else 0)


def _nanoseconds(step: Step) -> int:
    """The time in a step's value: ``until 3000000000 ns`` for a wait, ``2 ns`` for a stall, or nothing."""
    digits = step.value.removeprefix("until ").removesuffix(" ns")
    return int(digits) if digits.isdecimal() else 0
