"""pipeline: items go through stages that take no time."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform

SCENARIO = "10 items through 3 stages of 1 s"
MOST_STAGES = 4


def run(module: Any, threads: int, operations: int) -> int:
    """One operation: an item that has gone through all stages; there are up to four of them.

    The stages have ``threads`` workers together.
    """
    stages = min(MOST_STAGES, threads)
    pipeline = module.Pipeline(16)
    for number in range(stages):
        pipeline = pipeline.stage(abs, threads // stages + (number < threads % stages))
    return sum(1 for _ in pipeline.run(range(operations)))


def round_trips(module: Any, threads: int, operations: int, perform: Perform) -> int:
    """One operation: a run of ``threads`` items through up to four stages, from the first read to the end."""
    pipeline = module.Pipeline(16)
    for _ in range(min(MOST_STAGES, threads)):
        pipeline = pipeline.stage(abs)

    def call() -> None:
        for _ in pipeline.run(range(threads)):
            pass

    return perform(1, operations, call)


def scenario(sim: Any) -> None:
    """Ten items through three stages with one worker each, a second a stage."""

    def work(item: int) -> int:
        sim.sleep(1)
        return item

    for _ in sim.kata.Pipeline().stage(work).stage(work).stage(work).run(range(10)):
        pass
