"""circuit_breaker: calls that succeed go through a closed breaker."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform, repeat


def run(module: Any, threads: int, operations: int, perform: Perform = repeat) -> int:
    """One operation: execute() of a function that takes no time."""
    if hasattr(module, "protected"):  # a peer that is meant to be used as a decorator
        call = module.protected(abs)
        return perform(threads, operations, lambda: call(1))
    breaker = module.CircuitBreaker(module.CircuitBreakerConfig())
    return perform(threads, operations, lambda: breaker.execute(abs, 1))
