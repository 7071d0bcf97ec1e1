"""sliding_window: pyrate-limiter with its default algorithm, a log of the window."""

from __future__ import annotations

from functools import partial

from pyrate_limiter import Limiter, Rate


class SlidingWindowRateLimiter:
    """One bucket in memory, behind its limiter."""

    def __init__(self, limit: int, window: float) -> None:
        limiter = Limiter(Rate(limit, round(window * 1000)))
        self.allow = partial(limiter.try_acquire, "benchmark", blocking=False)
