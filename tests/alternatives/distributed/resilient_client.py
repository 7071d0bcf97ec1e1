"""Resilient client, solved differently: what must not be retried is returned to the retryer as a value, not raised.

Each call is an object of its own. A part that is missing is one that lets everything through, and the clean-up of
an attempt hangs on a stack. The counts are one immutable snapshot that is replaced as a whole.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from .circuit_breaker import CircuitBreaker, CircuitBreakerConfig, CircuitOpen
from .retry import RetryConfig, Retryer, RetryExhausted, RetryResult
from .token_bucket import TokenBucketRateLimiter

if TYPE_CHECKING:
    from ..concurrency.context import Context

T = TypeVar("T")


@dataclass(frozen=True)
class RateLimitConfig:
    """The token bucket of a client."""

    capacity: int
    refill_rate: float


@dataclass(frozen=True)
class ResilientClientConfig:
    """What ``ResilientClient.from_config`` makes a client from."""

    circuit_breaker: CircuitBreakerConfig | None = None
    retry: RetryConfig = field(default_factory=RetryConfig)
    rate_limit: RateLimitConfig | None = None


@dataclass(frozen=True)
class ClientStats:
    """What a client has counted so far, all at one moment."""

    calls: int = 0
    attempts: int = 0
    successes: int = 0
    failures: int = 0
    ignored: int = 0
    retries: int = 0
    rejected: int = 0
    rate_limited: int = 0


class ResilientClient:
    """Retry, circuit breaker and rate limiter around one call."""

    def __init__(
        self,
        retryer: Retryer,
        breaker: CircuitBreaker | None = None,
        limiter: TokenBucketRateLimiter | None = None,
    ) -> None:
        if not isinstance(retryer, Retryer):
            raise TypeError("not a Retryer")
        if not isinstance(breaker, CircuitBreaker | None):
            raise TypeError("not a CircuitBreaker")
        if limiter is not None and not callable(getattr(limiter, "wait", None)):
            raise TypeError("a limiter needs wait()")
        self._retryer = retryer
        self._breaker = breaker
        self._allow: Callable[[], Any] = _Anything if breaker is None else breaker.allow
        self._wait: Callable[..., None] = _Anything().wait if limiter is None else limiter.wait
        self._snapshot = ClientStats()
        self._changing = threading.Lock()

    @classmethod
    def from_config(cls, config: ResilientClientConfig) -> ResilientClient:
        """Make a client with parts of its own."""
        if not isinstance(config, ResilientClientConfig):
            raise TypeError("not a ResilientClientConfig")
        circuit, rate = config.circuit_breaker, config.rate_limit
        if not isinstance(config.retry, RetryConfig) or not isinstance(rate, RateLimitConfig | None):
            raise TypeError("not the config of a retryer or a limiter")
        return cls(
            Retryer(config.retry),
            circuit and CircuitBreaker(circuit),
            rate and TokenBucketRateLimiter(rate.capacity, rate.refill_rate),
        )

    @property
    def circuit_breaker(self) -> CircuitBreaker | None:
        """The very breaker that it was made with, or one of its own."""
        return self._breaker

    def stats(self) -> ClientStats:
        """What has been counted so far."""
        with self._changing:
            return self._snapshot

    def execute(self, fn: Callable[..., T], *args: Any, ctx: Context | None = None) -> RetryResult[T]:
        """Call ``fn(*args)``, and again while that may help."""
        if not callable(fn):
            raise TypeError("not callable")
        self._count(calls=1)
        result = self._retryer.do(_Call(self, fn, args, ctx).attempt, ctx=ctx)
        if isinstance(result.value, _Stop):
            if ctx is not None:
                ctx.raise_if_done()
            raise result.value.error
        return result

    def _count(self, **more: int) -> None:
        with self._changing:
            now = self._snapshot
            self._snapshot = replace(now, **{name: getattr(now, name) + by for name, by in more.items()})


class _Stop:
    """The result of an attempt after which there must be no other."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class _Anything:
    """Stands for a breaker's permit, or for a limiter, where there is none."""

    def success(self) -> None: ...

    def failure(self) -> None: ...

    def ignore(self) -> None: ...

    def wait(self, n: int = 1, timeout: float | None = None, ctx: Context | None = None) -> None: ...


class _Call:
    """One call of ``execute``."""

    def __init__(
        self, client: ResilientClient, fn: Callable[..., Any], args: tuple[Any, ...], ctx: Context | None
    ) -> None:
        self._client, self._fn, self._args, self._ctx = client, fn, args, ctx
        self._attempts = 0

    def attempt(self) -> Any:
        with ExitStack() as stack:
            try:
                permit = self._client._allow()
            except CircuitOpen as error:
                self._client._count(rejected=1)
                return _Stop(error)
            stack.callback(permit.ignore)  # does nothing if the permit has been settled by then
            try:
                self._client._wait(1, None, self._ctx)
            except Exception as error:
                self._client._count(rate_limited=1)
                return _Stop(error)
            self._attempts += 1
            retries = int(self._attempts > 1)
            try:
                value = self._fn(*self._args)
            except Exception as error:
                verdict = self._verdict(error)
                if verdict is True:
                    self._client._count(attempts=1, failures=1, retries=retries)
                    permit.failure()
                else:
                    self._client._count(attempts=1, ignored=1, retries=retries)
                    permit.ignore()
                if isinstance(verdict, _Stop):
                    return verdict
                raise
            except BaseException:
                self._client._count(attempts=1, ignored=1, retries=retries)
                raise
            self._client._count(attempts=1, successes=1, retries=retries)
            permit.success()
            return value

    def _verdict(self, error: Exception) -> bool | _Stop:
        breaker, ctx = self._client.circuit_breaker, self._ctx
        if breaker is None or breaker.config.is_failure is None:
            return ctx is None or ctx.error is None or not isinstance(error, type(ctx.error))
        try:
            return bool(breaker.config.is_failure(error))
        except Exception as bug:
            return _Stop(bug)
        except BaseException:
            self._client._count(attempts=1, ignored=1, retries=int(self._attempts > 1))
            raise


def main() -> None:
    """Call a service that answers every third time."""
    calls = 0
    began = time.monotonic()

    def answer() -> str:
        nonlocal calls
        calls += 1
        if calls % 3:
            raise ConnectionError("no answer")
        return "answer"

    client = ResilientClient.from_config(
        ResilientClientConfig(CircuitBreakerConfig(), RetryConfig(), RateLimitConfig(2, 10))
    )
    for _ in range(3):
        try:
            print(f"{time.monotonic() - began:5.2f} s  {client.execute(answer)}")
        except (CircuitOpen, RetryExhausted) as error:
            print(f"{time.monotonic() - began:5.2f} s  {error}")
    print(client.stats())


if __name__ == "__main__":
    main()
