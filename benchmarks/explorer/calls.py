"""Counts the calls of functions, Python's and C's, in one schedule: a cost that needs no clock.

Prints the counts for this Python as a line for ``MEASURED`` in ``tests/simulator/test_calls.py``. For all:

    for v in 3.11 3.12 3.13; do uv run --isolated --python $v python -m benchmarks.explorer calls; done
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from types import FrameType

from benchmarks.explorer.classics import CLASSICS
from benchmarks.explorer.subject import FIXED, version
from benchmarks.explorer.tools import scenario
from dojo.simulator.strategies import DEFAULT, RandomWalk, Strategy

SUBJECTS = ("lost_update", "if_for_while", "lost_at_timeout")  # a lock; a condition; time
STRATEGIES: dict[str, Callable[[], Strategy]] = {"default": lambda: DEFAULT, "random": lambda: RandomWalk(1)}
WARM_UP = 5  # runs after which nothing happens for the first time any more


def calls(subject: str, strategy: Callable[[], Strategy]) -> int:
    """How many calls one run of a corrected classic makes, from the run's begin to its end.

    Args:
        subject: its name.
        strategy: makes the strategy for each run.
    """
    found = next(each for each in CLASSICS if each.name == subject)
    with version(found, FIXED) as program:
        machine = program.machine()
    main = scenario(found, machine)
    for _ in range(WARM_UP):
        machine.run(main, strategy())
    counted = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    last = strategy()
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        machine.run(main, last)
    finally:
        sys.setprofile(before)
    return counted


def measured() -> dict[str, int]:
    """The counts of every subject under every strategy, for this Python."""
    return {
        f"{subject} {name}": calls(subject, strategy)
        for subject in SUBJECTS
        for name, strategy in STRATEGIES.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    argparse.ArgumentParser(prog="python -m benchmarks.explorer calls", description=__doc__).parse_args(
        arguments
    )
    numbers = ", ".join(map(str, measured().values()))
    print(f"    {sys.version_info[:2]}: ({numbers}),")


if __name__ == "__main__":
    main()
