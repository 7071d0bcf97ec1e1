"""The verdict on one property, as a value: it crosses process boundaries and is all that a report needs."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass, field
from typing import Any

PRINT = "print"  # the kind of a step that is no event: a line that was printed


UNWRITTEN = "not written yet"  # the kind of a failure: a body is still the stub's


class Status(enum.Enum):
    """What was decided."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"  # the budget or the step limit ran out before a decision
    BROKEN = "broken"  # our fault: two runs of one schedule differed, or a check crashed


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the story of a failing run: what one thread did at one source line.

    ``mark`` is "" or one of: preempted, stalled, blocked, clock, ended.
    """

    thread: str
    text: str
    file: str
    line: int
    mark: str = ""
    now: int = 0  # virtual nanoseconds


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a replayed run.

    Attributes:
        number: counts from 1.
        now: virtual nanoseconds since the run began.
        thread: whose event it is; "" for the clock.
        kind: a trace event's, or ``PRINT``.
        text: the source line.
        file, line: where it is; "" and 0 for a place that the reader does not know.
        detail: name and value as one text.
        subject: what it is about: a variable (``Semaphore._available``), a lock, another thread.
        value: what was read or written, where that can be told; for a wait, its deadline; what was printed.
    """

    number: int
    now: int  # virtual nanoseconds
    thread: str
    kind: str
    text: str
    file: str
    line: int
    detail: str
    subject: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A thread that had not ended when the run was over."""

    thread: str
    doing: str
    waits_for: str
    held_by: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Warned:
    """A race warning: two unordered accesses, as text and as lines of the learner's file (0: not known)."""

    what: str
    first: str
    second: str
    harmless: str = ""
    first_line: int = 0
    second_line: int = 0


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The simplest failing run that was found.

    Attributes:
        kind: how the run ended, or "broken promise".
        message: what went wrong, in one sentence.
        workload: the arguments, as text.
        delays, stalls: the schedule.
        preemptions: threads interrupted although they could go on.
        elapsed: virtual nanoseconds.
        rows: the story, thread by thread.
        stuck: threads that had not ended.
        place: the learner's line that raised, as (file, line), if one did.
        token: replays this run.
        trace_digest: fingerprint of the whole trace.
        printed: how many lines the code printed; what they say is in a replay alone.
        trail: the calls that led to an unexpected exception, outermost first, the line that raised last.
    """

    kind: str
    message: str
    workload: dict[str, str]
    delays: list[tuple[int, int]]
    stalls: list[tuple[int, int, int]]
    preemptions: int
    elapsed: int
    threads: list[str]
    rows: list[Row]
    stuck: list[Stuck]
    place: tuple[str, int] | None
    token: str
    trace_digest: str
    printed: int = 0
    trail: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about one property of one submission.

    Attributes:
        property: the promise.
        why: the sentence that explains it.
        slug: the property's short name.
        status: what was decided.
        schedules: how many were executed.
        workloads: how many different workloads.
        one_delay: whether every schedule with at most one delay was executed, for every workload.
        every: whether every interleaving there is was executed, for every workload.
        found_after: schedules executed when the failure was first seen.
        reason: why inconclusive or broken.
    """

    property: str
    why: str
    slug: str
    status: Status
    schedules: int
    workloads: int
    one_delay: bool = False
    every: bool = False
    found_after: int = 0
    reason: str = ""
    counterexample: Counterexample | None = None
    warnings: list[Warned] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        data = asdict(self)
        data["status"] = self.status.value
        return data

    @staticmethod
    def from_json(data: dict[str, Any]) -> Verdict:
        """Rebuild a verdict from ``to_json``.

        Raises:
            KeyError, TypeError, ValueError: when ``data`` is not of that form.
        """
        fields = dict(data)
        fields["status"] = Status(fields["status"])
        fields["warnings"] = [Warned(**each) for each in fields["warnings"]]
        example = fields["counterexample"]
        if example is not None:
            example = dict(example)
            example["delays"] = [(int(a), int(b)) for a, b in example["delays"]]
            example["stalls"] = [(int(a), int(b), int(c)) for a, b, c in example["stalls"]]
            example["rows"] = [Row(**each) for each in example["rows"]]
            example["trail"] = [Row(**each) for each in example.get("trail", ())]
            example["stuck"] = [Stuck(**each) for each in example["stuck"]]
            example["place"] = tuple(example["place"]) if example["place"] else None
            fields["counterexample"] = Counterexample(**example)
        return Verdict(**fields)
