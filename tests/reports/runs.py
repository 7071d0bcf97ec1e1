"""Hand-made runs for the tests of the timeline: an update that is lost, a clock, a lock, a lost wake-up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dojo.checking.verdict import Status, Step, Verdict
from dojo.grading.judge import Replay

from .samples import example, verdict

FILE = "katas/concurrency/counter.py"
TESTS = "tests/katas/concurrency/test_counter.py"
SOURCE = "".join(f"line {number}\n" for number in range(1, 31))


class Tape:
    """Writes steps down, with numbers and the time."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.now = 0

    def add(
        self, thread: str, kind: str, line: int = 0, subject: str = "", value: str = "", **more: Any
    ) -> Tape:
        """One more step; a line beyond 100 is one of the property."""
        file = "" if not line else FILE if line < 100 else TESTS
        name = subject.rpartition(".")[2] if kind in ("load", "store") else subject
        detail = " ".join(part for part in (name, value) if part)
        text = f"line {line}" if line else ""
        number = len(self.steps) + 1
        made = Step(number, self.now, thread, kind, text, file, line, detail, subject, value)
        self.steps.append(replace(made, **more))
        return self

    def clock(self, seconds: int) -> Tape:
        """Time moves on to that."""
        self.now = seconds * 10**9
        return self.add("", "clock")


def lost_update() -> list[Step]:
    """Two threads add 1 to Counter.n without a lock; the first is interrupted in between."""
    tape = Tape()
    tape.add("main", "resume").add("main", "store", 3, "Counter.n", "0").add(
        "main", "store", 4, "Counter.m", "7"
    )
    tape.add("main", "store", 5, "Counter._lock")
    for name in ("one", "two"):
        tape.add("main", "start", 101, name).add(name, "resume").add(name, "acquired").add("main", "resume")
    tape.add("main", "wait", 102, "Thread.join() of one")
    tape.add("one", "resume").add("one", "load", 10, "Counter.n", "0").add("one", "preempt", 11)
    tape.add("two", "resume").add("two", "load", 10, "Counter.n", "0").add(
        "two", "store", 11, "Counter.n", "1"
    )
    tape.add("two", "end").add("two", "release")
    tape.add("one", "resume").add("one", "store", 11, "Counter.n", "1")
    tape.add("one", "end").add("one", "release").add("one", "wake", 0, "main")
    tape.add("main", "resume").add("main", "acquired", 102).add("main", "end")
    return tape.steps


def waiting() -> list[Step]:
    """One sleeps with the lock in its hand, the other wants it; a notify wakes nobody."""
    tape = Tape()
    tape.add("main", "resume").add("main", "start", 101, "other").add("main", "acquire", 4, "Pool._lock")
    tape.add("main", "acquired", 4, "Pool._lock").add("main", "wait", 5, "sleep()", "until 2000000000 ns")
    tape.add("other", "resume").add("other", "acquire", 10, "Pool._lock")
    tape.add("other", "wait", 10, "Lock on self._lock").clock(1).clock(2).add("main", "resume")
    tape.add("main", "load", 6, "Pool._ready.notify").add("main", "release", 7, "Pool._lock")
    tape.add("main", "wake", 7, "other").add("main", "stall", 8)
    tape.clock(3).add("other", "resume").add("other", "acquired", 10, "Pool._lock")
    return tape.steps


def failing(steps: list[Step], source: str = SOURCE, **changes: Any) -> Replay:
    """A replay of a run that has failed; further arguments change its counterexample."""
    found = verdict(Status.FAIL, counterexample=example(**changes))
    return Replay(None, (), True, found, tuple(steps), {"callers": "2"}, source)


def passing(steps: list[Step]) -> Replay:
    """A replay of a run that has not."""
    found: Verdict = verdict(Status.PASS)
    return Replay(None, (), False, found, tuple(steps), {}, SOURCE)
