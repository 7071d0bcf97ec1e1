"""circuit_breaker: circuitbreaker, as a decorator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from circuitbreaker import CircuitBreakerError, circuit

CircuitOpen = CircuitBreakerError


def protected(
    fn: Callable[..., Any], failure_threshold: int = 5, timeout: float = 30.0
) -> Callable[..., Any]:
    """``fn`` behind a breaker of its own."""
    decorated: Callable[..., Any] = circuit(failure_threshold, timeout)(fn)
    return decorated
