"""retry: tenacity, as a decorator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tenacity import retry, stop_after_attempt, wait_exponential_jitter


def retried(fn: Callable[..., Any], max_retries: int = 3, initial_backoff: float = 0.1) -> Callable[..., Any]:
    """``fn`` with retries and an exponential back-off."""
    wait = wait_exponential_jitter(multiplier=initial_backoff, max=30.0, jitter=initial_backoff / 5)
    decorated: Callable[..., Any] = retry(stop=stop_after_attempt(max_retries + 1), wait=wait)(fn)
    return decorated
