"""Memory over many schedules of one subject of ours: `python -m benchmarks.explorer.peers.memory`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.explorer.peers.ours import BATCH
from benchmarks.explorer.peers.programs import SUBJECTS
from dojo.checking.check import execute
from dojo.checking.explore import explore
from dojo.simulator.machine import Run
from dojo.simulator.strategies import Strategy

SUBJECT = "submit_against_stop_inside"  # starts a thread, uses a queue: the most machinery of the ten
MARKS = (1_000, 10_000, 50_000, 100_000)


def resident_kib() -> int:
    """Resident memory of this process, in KiB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def main() -> None:
    """Explore the corrected program; print a line ``schedules KiB`` at each mark."""
    subject = SUBJECTS[SUBJECT]
    machine = subject.fixed_machine()
    done = 0

    def run(strategy: Strategy) -> Run:
        nonlocal done
        done += 1
        if done in MARKS:
            print(done, resident_kib(), flush=True)
        return execute(subject.prop, machine, dict(subject.workload), strategy)

    while done < MARKS[-1]:
        explore(run, budget=BATCH, seed=done, stalls=subject.prop.stalls)


def measure() -> list[tuple[int, int]]:
    """The same in a process of its own: pairs of schedules and KiB."""
    command = [sys.executable, "-m", "benchmarks.explorer.peers.memory"]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    return [(int(schedules), int(kib)) for schedules, kib in map(str.split, lines)]


if __name__ == "__main__":
    main()
