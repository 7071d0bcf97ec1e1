"""sliding_window: limits, with its moving window in memory."""

from __future__ import annotations

from functools import partial

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class Milliseconds(RateLimitItemPerSecond):
    """Windows shorter than a second, which limits multiplies and adds up like any other."""

    def get_expiry(self) -> float:  # type: ignore[override]
        return self.multiples / 1000


class SlidingWindowRateLimiter:
    """One key of a limiter in memory."""

    def __init__(self, limit: int, window: float) -> None:
        limiter = MovingWindowRateLimiter(MemoryStorage())
        self.allow = partial(limiter.hit, Milliseconds(limit, round(window * 1000)), "benchmark")
