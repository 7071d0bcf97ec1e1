"""token_bucket: a limiter in front of something quick, with tokens enough for everybody."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform, repeat

SCENARIO = "15 waits, 5 tokens at first, 2 more each second"


def run(module: Any, threads: int, operations: int, perform: Perform = repeat) -> int:
    """One operation: allow(), which finds a token; what a refusal costs is another question."""
    limiter = module.TokenBucketRateLimiter(capacity=1_000_000, refill_rate=1e9)
    return perform(threads, operations, limiter.allow)


def scenario(sim: Any) -> None:
    """Fifteen callers wait for a token each."""
    limiter = sim.kata.TokenBucketRateLimiter(capacity=5, refill_rate=2)
    sim.join(*(sim.spawn(limiter.wait) for _ in range(15)))
