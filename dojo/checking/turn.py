"""A turn of somebody who plays the scheduler, as values: they cross process boundaries and need no simulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dojo.checking.verdict import Step, Verdict


@dataclass(frozen=True, slots=True)
class Option:
    """A thread that may be chosen to run.

    Attributes:
        number: counts the threads in the order of their start, from 1.
        thread: its name.
        file, line, text: the line that it will go on with; "" and 0 when the reader knows none.
        within: where in that line: line, between, inside, acquire, woken, begin or end (see
            ``dojo.simulator.spots``).
    """

    number: int
    thread: str
    file: str
    line: int
    text: str
    within: str


@dataclass(frozen=True, slots=True)
class Turn:
    """How a run stands where somebody has to choose.

    Attributes:
        options: the threads that may be chosen, the one that runs by default first.
        running: whether that one is in the middle of a turn.
        now: virtual nanoseconds since the run began.
        stall: for how many the first thread may be made to stand: until the next wait ends; 0 for not at all.
        passed: how many choices have led here.
        steps: all that has happened.
        threads: the names of all threads so far, by number from 1.
    """

    options: tuple[Option, ...]
    running: bool
    now: int
    stall: int
    passed: int
    steps: tuple[Step, ...]
    threads: tuple[str, ...]

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Turn:
        """Rebuild a turn from ``asdict``."""
        fields = dict(data)
        fields["options"] = tuple(Option(**each) for each in data["options"])
        fields["steps"] = tuple(Step(**each) for each in data["steps"])
        fields["threads"] = tuple(data["threads"])
        return Turn(**fields)


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a schedule leaves the default order.

    Attributes:
        default: who would have gone on.
        chosen: who does; None when ``default`` is made to stand.
        stall: for how many nanoseconds.
    """

    default: Option
    chosen: Option | None
    stall: int

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Departure:
        """Rebuild one from ``asdict``."""
        chosen = data["chosen"]
        return Departure(Option(**data["default"]), Option(**chosen) if chosen else None, data["stall"])


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known before the first turn.

    Attributes:
        property, why, slug: the promise.
        workload: its input, as text.
        known: the violation that the explorer knows for that input; None if it knows none.
        way: where that leaves the default order.
        schedules: how many schedules were tried to find it; 0 when it was on record.
        may_stall: whether time may pass while a thread stands.
        note: what is odd about the violation on record, "" if nothing is.
    """

    property: str
    why: str
    slug: str
    workload: dict[str, str]
    known: Verdict | None
    way: tuple[Departure, ...]
    schedules: int
    may_stall: bool
    note: str = ""

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Opening:
        """Rebuild one from ``Game.opening``."""
        fields = dict(data)
        fields["known"] = Verdict.from_json(data["known"]) if data["known"] else None
        fields["way"] = tuple(Departure.from_json(each) for each in data["way"])
        return Opening(**fields)


@dataclass(frozen=True, slots=True)
class End:
    """How a run that was played ended.

    Attributes:
        verdict: what came of it.
        passed: how many choices it had room for.
        token: repeats it; "" if it cannot be repeated.
    """

    verdict: Verdict
    passed: int
    token: str

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> End:
        """Rebuild one from its fields."""
        return End(Verdict.from_json(data["verdict"]), data["passed"], data["token"])
