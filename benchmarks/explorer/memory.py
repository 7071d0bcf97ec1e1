"""Resident memory of a process that explores schedules without end: ``python -m benchmarks.explorer memory``.

Writes ``results_memory.md``. A million schedules (``--schedules 1000000``) take minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.explorer.report import publish, table, versions
from benchmarks.explorer.subject import FIXED, version
from benchmarks.explorer.subjects import BY_NAME
from benchmarks.explorer.tools import ours
from benchmarks.machine import machine

SUBJECTS = ("submit_against_stop_inside", "channel")
MARKS = (1_000, 10_000, 100_000, 1_000_000)
CHUNK = 1_000


def resident() -> int:
    """KiB of this process in memory now (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def growth(subject: str, schedules: int) -> dict[int, int]:
    """KiB in memory after each mark up to so many schedules of a subject's corrected program."""
    with version(BY_NAME[subject], FIXED) as program:
        explore = ours(BY_NAME[subject], program, "mixed")
    done, found = 0, {}
    marks = [mark for mark in MARKS if mark <= schedules]
    while len(found) < len(marks):
        done += explore(CHUNK, done).schedules
        if done >= marks[len(found)]:
            found[marks[len(found)]] = resident()
            print(f"{subject}: {done:,}: {found[marks[len(found) - 1]]:,} KiB", file=sys.stderr)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorer memory", description=__doc__)
    parser.add_argument("--schedules", type=int, default=100_000, help="of each subject (default 100000)")
    options = parser.parse_args(arguments)
    if options.schedules < MARKS[0]:
        parser.error(f"--schedules must be at least {MARKS[0]}")
    about = machine()
    found = {subject: growth(subject, options.schedules) for subject in SUBJECTS}
    marks = list(found[SUBJECTS[0]])
    rows = [[name, *(f"{kib / 1024:.1f} MiB" for kib in each.values())] for name, each in found.items()]
    publish(
        "results_memory.md",
        [
            "# Memory",
            "",
            f"- command: `python -m benchmarks.explorer memory --schedules {options.schedules}`; {about}",
            f"- {versions('greenlet')}",
            "- Resident memory of one process after so many schedules of a program without a fault, one subject "
            "after the other.",
            "",
            *table(["subject", *(f"{mark:,}" for mark in marks)], rows),
        ],
    )


if __name__ == "__main__":
    main()
