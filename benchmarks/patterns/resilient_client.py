"""resilient_client: calls that succeed at once go through breaker, limiter and retry."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform, repeat


def run(module: Any, threads: int, operations: int, perform: Perform = repeat) -> int:
    """One operation: execute() of a function that takes no time, with tokens enough for everybody."""
    if hasattr(module, "guarded"):  # decorators of several packages, one upon the other
        call = module.guarded(abs)
        return perform(threads, operations, lambda: call(1))
    config = module.ResilientClientConfig(
        circuit_breaker=module.CircuitBreakerConfig(),
        retry=module.RetryConfig(),
        rate_limit=module.RateLimitConfig(capacity=1_000_000, refill_rate=1e9),
    )
    client = module.ResilientClient.from_config(config)
    return perform(threads, operations, lambda: client.execute(abs, 1))
