"""sliding_window: a limiter in front of something quick, with room for everybody."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform, repeat

SCENARIO = "10 waits, 3 events in any 1 s"


def run(module: Any, threads: int, operations: int, perform: Perform = repeat) -> int:
    """One operation: allow(), which finds room; a millisecond later the event has expired."""
    limiter = module.SlidingWindowRateLimiter(limit=100_000, window=0.001)
    return perform(threads, operations, limiter.allow)


def scenario(sim: Any) -> None:
    """Ten callers wait for room."""
    limiter = sim.kata.SlidingWindowRateLimiter(limit=3, window=1.0)
    sim.join(*(sim.spawn(limiter.wait) for _ in range(10)))
