"""Prints the resident memory of a process that explores 100,000 schedules, as JSON: schedules -> KiB."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.explorer.subjects import BY_NAME
from benchmarks.explorer.tools import ours

MARKS = (1_000, 10_000, 50_000, 100_000)
CHUNK = 1_000


def resident() -> int:
    """KiB of this process in memory now (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def main() -> None:
    explore = ours(BY_NAME["submit_against_stop_inside"], "fixed", "mixed")
    done, found = 0, {}
    while done < MARKS[-1]:
        done += explore(CHUNK, done).schedules
        if done in MARKS:
            found[done] = resident()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
