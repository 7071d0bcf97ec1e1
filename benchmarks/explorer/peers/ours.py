"""Our explorer, as the grader uses it: default order, one-delay schedules, stalls, then the mix."""

from __future__ import annotations

from functools import partial
from time import perf_counter

from benchmarks.explorer.peers.programs import SUBJECTS
from benchmarks.explorer.peers.search import Search, Tool
from dojo.checking.check import execute
from dojo.checking.explore import explore

BATCH = 400  # the budget of one exploration; the grader's is of this order per workload


def search(name: str, twin: str, seed: int, seconds: float) -> Search:
    """Search in a new machine (building it counts); explore again with another seed while time is left."""
    end = perf_counter() + seconds
    subject = SUBJECTS[name]
    machine = subject.machine() if twin == "buggy" else subject.fixed_machine()
    done = 0
    while perf_counter() < end:
        found = explore(
            partial(execute, subject.prop, machine, dict(subject.workload)),
            budget=BATCH,
            seed=seed * 1_000_003 + done,
            stalls=subject.prop.stalls,
        )
        done += found.runs
        if found.failure is not None:
            return Search(done, str(found.failure.outcome.ending))
    return Search(done)


OURS: Tool = search
