"""What every tool is asked to do: explore one program until it fails or the time is up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Search:
    """What one search did.

    Attributes:
        schedules: complete executions of the program.
        failure: what went wrong in the last of them, or "".
    """

    schedules: int
    failure: str = ""


class Undecided(Exception):
    """The tool cannot say whether the subject fails, or gives up; the message says why."""


# (subject's name, "buggy" or "fixed", seed, seconds at most)
Tool = Callable[[str, str, int, float], Search]
