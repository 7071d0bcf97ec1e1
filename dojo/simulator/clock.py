"""The virtual clock: integer nanoseconds that move only when the scheduler says so."""

from __future__ import annotations

import math

NANOSECONDS = 1_000_000_000

# Neither clock starts at zero: code that takes a time of 0 for "not set" must not pass by luck.
MONOTONIC_START = 1_000 * NANOSECONDS
WALL_START = 1_750_000_000 * NANOSECONDS


def to_nanoseconds(seconds: float) -> int:
    """Convert a duration in seconds to the nearest nanosecond.

    The interpreter rounds time-outs up; nearest is used here because ``deadline - monotonic()`` carries
    float noise far below a nanosecond, which rounding up would turn into a whole nanosecond too late.

    Raises:
        ValueError: for NaN, as the interpreter does.
        OverflowError: for infinity.
    """
    return round(seconds * NANOSECONDS)


class VirtualClock:
    """Monotonic virtual time, and a wall clock that can be stepped against it."""

    __slots__ = ("_nudges", "_wall_offset", "now")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Go back to the start of a run."""
        self.now = MONOTONIC_START
        self._wall_offset = WALL_START - MONOTONIC_START
        self._nudges = 0

    def move_to(self, now: int) -> None:
        """Let time pass until ``now``; it never goes back."""
        if now > self.now:
            self.now = now
            self._nudges = 0

    def nudge(self) -> None:
        """Show the time in seconds a rounding error later from here on; in nanoseconds it stands still.

        At its deadline ``start + timeout`` a float clock may be a rounding error early, or exact. Code that goes
        on while ``deadline - now > 0``, or ``>= 0``, is right all the same, since a real clock moves by itself.
        """
        self._nudges += 1

    def in_seconds(self, nanoseconds: int) -> float:
        """What a clock that stands at ``nanoseconds`` shows as a float."""
        seconds = nanoseconds / NANOSECONDS
        return seconds + self._nudges * math.ulp(seconds) if self._nudges else seconds

    @property
    def wall(self) -> int:
        """Wall-clock time in nanoseconds since the epoch."""
        return self.now + self._wall_offset

    @property
    def elapsed(self) -> int:
        """Virtual nanoseconds since the run began."""
        return self.now - MONOTONIC_START

    def step_wall(self, nanoseconds: int) -> None:
        """Move the wall clock alone, as an administrator or NTP would."""
        self._wall_offset += nanoseconds
