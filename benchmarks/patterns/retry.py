"""retry: calls that succeed at once, which is what nearly all calls do."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform, repeat

SCENARIO = "4 attempts, back-off 1 s, 2 s, 4 s without jitter"


def run(module: Any, threads: int, operations: int, perform: Perform = repeat) -> int:
    """One operation: do() of a function that takes no time and does not fail."""
    if hasattr(module, "retried"):  # a peer that is meant to be used as a decorator
        call = module.retried(abs)
        return perform(threads, operations, lambda: call(1))
    retryer = module.Retryer(module.RetryConfig())
    return perform(threads, operations, lambda: retryer.do(abs, 1))


def scenario(sim: Any) -> None:
    """A call that fails three times and succeeds then."""
    config = sim.kata.RetryConfig(max_retries=3, initial_backoff=1.0, multiplier=2.0, jitter_fraction=0.0)
    calls = 0

    def call() -> None:
        nonlocal calls
        calls += 1
        if calls <= 3:
            raise ConnectionError(f"attempt {calls} fails")

    sim.kata.Retryer(config).do(call)
