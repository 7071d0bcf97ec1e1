"""resilient_client: stamina's retry around a circuitbreaker around a token-bucket, as decorators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import stamina
from circuitbreaker import CircuitBreakerError, circuit
from token_bucket import Limiter, MemoryStorage

CircuitOpen = CircuitBreakerError


class Throttled(Exception):
    """There was no token."""


def guarded(
    fn: Callable[..., Any],
    capacity: int = 1_000_000,
    refill_rate: float = 1e9,
    failure_threshold: int = 5,
    max_retries: int = 3,
    initial_backoff: float = 0.1,
) -> Callable[..., Any]:
    """``fn`` behind retry, breaker and limiter; each attempt asks the breaker and takes a token."""
    limiter = Limiter(refill_rate, capacity, MemoryStorage())

    def fails(kind: type[BaseException], error: BaseException) -> bool:
        return not issubclass(kind, Throttled)  # a refused token is no failure of the service

    # An open breaker is not worth another attempt.
    @stamina.retry(
        on=lambda error: not isinstance(error, CircuitBreakerError),
        attempts=max_retries + 1,
        timeout=None,
        wait_initial=initial_backoff,
        wait_jitter=initial_backoff / 5,
    )
    @circuit(failure_threshold, expected_exception=fails, name=fn.__name__)
    def call(*args: Any) -> Any:
        if not limiter.consume("benchmark"):
            raise Throttled("no token")
        return fn(*args)

    return call
