"""How one simulated run ended, as a value with the state of every thread."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import NamedTuple


class Ending(enum.Enum):
    """The ways a run can end."""

    FINISHED = "finished"
    RAISED = "raised"  # the scenario itself raised: an assertion of the test, or an error of the subject
    THREAD_RAISED = "uncaught exception in a thread"
    DEADLOCK = "deadlock"
    LEAK = "leaked thread"
    POLLING = "polling"
    LIVELOCK = "livelock"
    ENDLESS_LOOP = "endless loop"
    STEP_LIMIT = "step limit"


class Place(NamedTuple):
    """One line of a stack."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class ThreadState:
    """What a thread was doing when the run ended."""

    ident: int
    name: str
    doing: str  # "running", "ready", "blocked", "sleeping", "stalled"
    waits_for: str  # "" when it waits for nothing
    held_by: str  # the thread that holds what it waits for; "" when nobody does
    stack: tuple[Place, ...]  # outermost first, without the simulator's own frames


@dataclass(frozen=True, slots=True)
class Outcome:
    """The ending of a run, with all that a report needs to explain it."""

    ending: Ending
    message: str = ""
    thread: str = ""  # the thread the ending is about
    exception: BaseException | None = field(default=None, compare=False)
    threads: tuple[ThreadState, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the run ended as a run should."""
        return self.ending is Ending.FINISHED


FINISHED = Outcome(Ending.FINISHED)
