"""circuit_breaker: pybreaker, as a decorator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pybreaker import CircuitBreaker, CircuitBreakerError

CircuitOpen = CircuitBreakerError


def protected(
    fn: Callable[..., Any], failure_threshold: int = 5, timeout: float = 30.0
) -> Callable[..., Any]:
    """``fn`` behind a breaker of its own."""
    # Without this it raises its own error in place of the one that opens it, unlike the others.
    breaker = CircuitBreaker(fail_max=failure_threshold, reset_timeout=timeout, throw_new_error_on_trip=False)
    decorated: Callable[..., Any] = breaker(fn)
    return decorated
