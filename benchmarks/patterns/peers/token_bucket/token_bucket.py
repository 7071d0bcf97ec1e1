"""token_bucket: the package token-bucket."""

from __future__ import annotations

from functools import partial

from token_bucket import Limiter, MemoryStorage


class TokenBucketRateLimiter:
    """One key of a limiter in memory."""

    def __init__(self, capacity: int, refill_rate: float) -> None:
        self.allow = partial(Limiter(refill_rate, capacity, MemoryStorage()).consume, "benchmark")
