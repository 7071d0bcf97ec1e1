"""retry: stamina, as a decorator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import stamina


def retried(fn: Callable[..., Any], max_retries: int = 3, initial_backoff: float = 0.1) -> Callable[..., Any]:
    """``fn`` with retries and an exponential back-off."""
    decorated: Callable[..., Any] = stamina.retry(
        on=Exception,
        attempts=max_retries + 1,
        timeout=None,
        wait_initial=initial_backoff,
        wait_max=30.0,
        wait_jitter=initial_backoff / 5,
    )(fn)
    return decorated
