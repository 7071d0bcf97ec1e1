"""fan_out_fan_in: a function that takes no time is called for every item, results in order."""

from __future__ import annotations

from typing import Any

SCENARIO = "10 items of 1 s on 3 workers"


def run(module: Any, threads: int, operations: int) -> int:
    """One operation: an item that has gone through one of ``threads`` workers."""
    results = module.FanOutFanIn(threads).process(range(operations), abs)
    return sum(result.error is None for result in results)


def scenario(sim: Any) -> None:
    """Ten items on three workers, a second each."""
    for _ in sim.kata.FanOutFanIn(3).process(range(10), lambda item: sim.sleep(1)):
        pass
