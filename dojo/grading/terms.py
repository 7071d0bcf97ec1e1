"""What a grading is asked for: how long to look, what for, and how strictly."""

from __future__ import annotations

from dataclasses import dataclass

from dojo.checking import BUDGET

DEFAULT_BUDGET = BUDGET


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one grading.

    Attributes:
        budget: schedules for each property.
        seed: decides every random choice; the same seed gives the same verdicts.
        strict: whether race warnings count as failures.
        only: short name of the one property to check; "" for all.
        first: short name of the property to check first; the result is the same for any.
        workers: child processes that share the properties; 0 for as many as there are processors. The
            result is the same for any number.
    """

    budget: int = DEFAULT_BUDGET
    seed: int = 0
    strict: bool = False
    only: str = ""
    first: str = ""
    workers: int = 0


USUAL = Terms()
