"""circuit_breaker: calls that succeed go through a closed breaker."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import repeat


def run(module: Any, threads: int, operations: int) -> int:
    """One operation: execute() of a function that takes no time."""
    breaker = module.CircuitBreaker(module.CircuitBreakerConfig())
    return repeat(threads, operations, lambda: breaker.execute(abs, 1))
