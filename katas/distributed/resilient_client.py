"""Resilient client: retry, circuit breaker and rate limiter around one call, each where it helps the others.

Durations are seconds, given as int or float. Every method may be called from any thread.

The three parts, and the marks that tell a retryer what not to repeat, are those of the katas of these names.
They are imported, and they work; no need to have solved those katas. What you need of them:

- ``breaker.allow()`` gives a ``Permit`` for one call, or raises ``CircuitOpen`` or its subclass
  ``TooManyProbes``; it never blocks. ``permit.success()``, ``permit.failure()`` or ``permit.ignore()`` settles
  it; whatever comes after the first of these does nothing. A half-open breaker has few permits and waits for
  each of them: one that is never settled may keep it from everybody, for ever.
- ``breaker.config.is_failure`` is a function, or None; see ``ResilientClient``.
- ``limiter.wait(ctx=ctx)`` takes one token and blocks until it is there. It raises ``TimeoutError`` at once if
  the token would come after the deadline of ctx, and the error of ctx if that ends first. Then it has taken
  nothing, and nothing of it stays registered with ctx.
- ``retryer.do(fn, *args, ctx=ctx)`` calls ``fn(*args)``, and again after a back-off while that may help. An
  error that is marked it does not repeat: it raises what the mark was put on, the very instance. If ctx has
  ended when an attempt has failed, it raises the error of ctx.
- ``permanent(error)`` makes such a mark, an exception to be raised in place of ``error``.

A ``ctx`` is a context of the kata of that name; without one a call just cannot be cancelled. Hand it on to the
parts: they give up when it ends. ``ctx.error`` is None until then, then an instance of ``Cancelled`` or
``DeadlineExceeded``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from .circuit_breaker import CircuitBreaker, CircuitBreakerConfig, CircuitOpen
from .error_helpers import permanent
from .retry import RetryConfig, Retryer, RetryExhausted, RetryResult
from .token_bucket import TokenBucketRateLimiter

if TYPE_CHECKING:
    from ..concurrency.context import Context

T = TypeVar("T")


# --- given ---


@dataclass(frozen=True)
class RateLimitConfig:
    """The token bucket of a client.

    Attributes:
        capacity: how many attempts may come in one burst.
        refill_rate: how many attempts per second it lets through in the long run.
    """

    capacity: int
    refill_rate: float


@dataclass(frozen=True)
class ResilientClientConfig:
    """What ``ResilientClient.from_config`` makes a client from.

    Attributes:
        circuit_breaker: None for a client without a breaker.
        retry: how often and how fast to try again.
        rate_limit: None for a client without a limiter.
    """

    circuit_breaker: CircuitBreakerConfig | None = None
    retry: RetryConfig = field(default_factory=RetryConfig)
    rate_limit: RateLimitConfig | None = None


@dataclass(frozen=True)
class ClientStats:
    """What a client has counted so far, all at one moment.

    Attributes:
        calls: calls of ``execute`` that have begun; those with bad arguments do not count.
        attempts: attempts that are over, which means calls of the function; always the sum of the next three.
        successes: those that returned a value.
        failures: those that were a failure for the breaker.
        ignored: those that were neither.
        retries: how many of the attempts were not the first one of their call.
        rejected: calls that ended because the breaker did not let an attempt through.
        rate_limited: calls that ended because the limiter raised an ``Exception``: the token would have come
            too late, or ctx ended first.
    """

    calls: int = 0
    attempts: int = 0
    successes: int = 0
    failures: int = 0
    ignored: int = 0
    retries: int = 0
    rejected: int = 0
    rate_limited: int = 0


# --- end of given ---


class ResilientClient:
    """Call a service so that neither it nor the caller is hurt when it is slow, failing or gone.

        client = ResilientClient.from_config(ResilientClientConfig(CircuitBreakerConfig(), RetryConfig()))
        page = client.execute(fetch, url, ctx=ctx).value

    Each attempt, the first one and every retry alike, takes three steps in the calling thread:

    1. It asks the breaker for a permit. If the breaker does not let it through, ``execute`` ends: the
       ``CircuitOpen`` or ``TooManyProbes`` comes out at once, the very instance. No token is taken for it.
    2. It waits for a token of the limiter, for as long as ctx allows. If the limiter raises anything, the
       permit is given back as ignored, and ``execute`` ends. A ``TimeoutError``, because the token would come
       after the deadline of ctx, comes out at once and as it is; another attempt would only ask for the same
       token again.
    3. It calls the function, and the permit is settled with the outcome before anything else happens. What
       an attempt has got stays good: the function is called even if the breaker has opened while this
       waited for the token, or ctx has ended just when it came.

    So the breaker hears of every attempt exactly once, tokens are used up by nothing but calls of the
    function, one each, and a call that the breaker refuses costs neither a token nor a back-off.

    The outcome of an attempt:

    - A value is a success, also if ctx has ended meanwhile.
    - An ``Exception`` of the function is a failure or ignored. If the config of the breaker has an
      ``is_failure``, that decides, by a true value or a false one; it is given the very instance that the
      function raised, marks included, and is asked once. Otherwise every ``Exception`` is a failure, also a
      permanent one: a mark tells whether to try again, not whether the service is well. Except that, once
      ctx has ended, an error of the class of ``ctx.error`` is ignored. Without a breaker this holds as well.
    - If ``is_failure`` raises an ``Exception``, the attempt is ignored, and ``execute`` ends: that comes out
      at once, the very instance.
    - Anything else, such as ``KeyboardInterrupt``, is ignored; ``is_failure`` is not asked, and it comes out at
      once and unchanged.

    What follows when the function has failed is decided by the retryer alone, by its rules. It judges what
    the function has raised, the very instance: be that a failure for the breaker or not, be it a
    ``TimeoutError``, or a ``CircuitOpen`` that the function got from some other breaker. One of these rules
    holds for all three steps: if one ends with an ``Exception`` and ctx is done, the error of ctx comes out.

    Rules that hold for all of it:

    - Whenever ``execute`` has ended, however it ended, it keeps no permit, and nothing of it is registered
      with ctx.
    - Calls from many threads run at the same time. They share the breaker, the limiter and the counts, and
      wait for each other only for tokens. Your functions run outside every internal lock.
    - Breaker, limiter and retryer may be shared with other clients, or used directly.
    - Nothing polls, and no thread is started.
    """

    def __init__(
        self,
        retryer: Retryer,
        breaker: CircuitBreaker | None = None,
        limiter: TokenBucketRateLimiter | None = None,
    ) -> None:
        """Put a client together.

        Args:
            retryer: decides what is tried again, and when.
            breaker: None lets every attempt through.
            limiter: None needs no tokens. Any object will do that has such a ``wait(n, timeout, ctx)``, like
                the limiter of the kata ``sliding_window``; nothing else of it is used.

        Raises:
            TypeError: ``retryer`` is not a ``Retryer``, ``breaker`` is neither a ``CircuitBreaker`` nor None,
                or ``limiter`` is not None and has no ``wait`` that can be called.
        """
        # TODO: your code here
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: ResilientClientConfig) -> ResilientClient:
        """Make a client with parts of its own.

        Args:
            config: how they behave.

        Returns:
            A client whose breaker is closed and whose token bucket is full; they belong to no other client,
            though it be made from the same config.

        Raises:
            TypeError: ``config`` is not a ``ResilientClientConfig``, or one of its attributes is not what it
                should be.
            ValueError: the rate limit makes no sense, see ``TokenBucketRateLimiter``.
        """
        # TODO: your code here
        raise NotImplementedError

    @property
    def circuit_breaker(self) -> CircuitBreaker | None:
        """The very breaker that it was made with, or one of its own; None if it has none."""
        # TODO: your code here
        raise NotImplementedError

    def stats(self) -> ClientStats:
        """Tell what has been counted so far, all at one moment.

        A call is counted before anything else happens in it, and each attempt in one step when it is over.
        What has to be counted of a call has been when ``execute`` returns or raises.

        Returns:
            A snapshot; it does not change any more.
        """
        # TODO: your code here
        raise NotImplementedError

    def execute(self, fn: Callable[..., T], *args: Any, ctx: Context | None = None) -> RetryResult[T]:
        """Call ``fn(*args)``, and again while that may help, each time as breaker and limiter allow.

        Args:
            fn: what to call.
            args: for ``fn``.
            ctx: gives up when this ends, while it waits for a token or during a back-off. If it is done
                before the call, ``fn`` is not called, and neither breaker nor limiter is asked. It is not
                handed to ``fn``.

        Returns:
            What the retryer returns: the value, how often ``fn`` was called, and the time that all of it
            took, waits for tokens included.

        Raises:
            TypeError: ``fn`` is not callable. This goes before anything else.
            Cancelled, DeadlineExceeded: ``ctx`` has ended, before the call, while it waited for a token,
                during a failed attempt or during a back-off.
            CircuitOpen, TooManyProbes: the breaker did not let an attempt through, be it the first or a retry.
            TimeoutError: ``ctx`` leaves no time for a token, or none for the next back-off.
            RetryExhausted: all attempts have failed, with errors worth another one.
            BaseException: what else ``fn``, the limiter or ``is_failure`` raised, see the rules.
        """
        # TODO: your code here
        raise NotImplementedError


def main() -> None:
    """Call a service that is down for a while, up to three times each, and no more than 20 times a second."""
    began = time.monotonic()

    def report(text: str) -> None:
        print(f"{time.monotonic() - began:5.2f} s  {text}")

    def order(number: int) -> str:
        if number == 2:
            raise permanent(ValueError("the card has expired"))
        if 0.2 < time.monotonic() - began < 0.6:
            report(f"  order {number}: no answer")
            raise ConnectionError("connection refused")
        return "accepted"

    client = ResilientClient(
        Retryer(RetryConfig(max_retries=2, initial_backoff=0.02)),
        CircuitBreaker(CircuitBreakerConfig(failure_threshold=4, success_threshold=2, timeout=0.3)),
        TokenBucketRateLimiter(capacity=2, refill_rate=20),
    )
    for number in range(16):
        try:
            result = client.execute(order, number)
        except CircuitOpen as error:
            report(f"order {number}: not sent, {error}")
        except (RetryExhausted, ValueError) as error:
            report(f"order {number}: failed, {error}")
        else:
            report(f"order {number}: {result.value}, attempts: {result.attempts}")
        time.sleep(0.04)
    report(f"{client.stats()}")


if __name__ == "__main__":
    main()
