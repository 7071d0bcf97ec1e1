"""semaphore: threads take one of three permits and give it back."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform, repeat

SCENARIO = "10 jobs of 1 s over 3 permits"


def run(module: Any, threads: int, operations: int, perform: Perform = repeat) -> int:
    """One operation: acquire() and release()."""
    semaphore = module.Semaphore(3)

    def job() -> None:
        semaphore.acquire()
        semaphore.release()

    return perform(threads, operations, job)


def scenario(sim: Any) -> None:
    """Ten tasks that sleep for a second each while they hold one of three permits."""
    semaphore = sim.kata.Semaphore(3)

    def job() -> None:
        with semaphore.hold():
            sim.sleep(1)

    sim.join(*(sim.spawn(job) for _ in range(10)))
