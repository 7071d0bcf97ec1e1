"""token_bucket: pyrate-limiter with its token bucket, which its README builds like this."""

from __future__ import annotations

from functools import partial

from pyrate_limiter import Duration, Limiter, Rate, StateBucket, TokenBucket


class TokenBucketRateLimiter:
    """One bucket, behind its limiter."""

    def __init__(self, capacity: int, refill_rate: float) -> None:
        rate = Rate(round(refill_rate), Duration.SECOND, burst=capacity)
        limiter = Limiter(StateBucket([rate], algorithm=TokenBucket()))
        self.allow = partial(limiter.try_acquire, "benchmark", blocking=False)
