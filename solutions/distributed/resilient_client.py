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

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from .circuit_breaker import CircuitBreaker, CircuitBreakerConfig, CircuitOpen, Permit
from .error_helpers import permanent
from .retry import RetryConfig, Retryer, RetryExhausted, RetryResult
from .token_bucket import TokenBucketRateLimiter

if TYPE_CHECKING:
    from ..concurrency.context import Context

T = TypeVar("T")
_Outcome = Literal["successes", "failures", "ignored"]


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
        if not isinstance(retryer, Retryer):
            raise TypeError(f"retryer must be a Retryer, not {retryer!r}")
        if breaker is not None and not isinstance(breaker, CircuitBreaker):
            raise TypeError(f"breaker must be a CircuitBreaker or None, not {breaker!r}")
        if limiter is not None and not callable(getattr(limiter, "wait", None)):
            raise TypeError(f"limiter must have a method wait, or be None, not {limiter!r}")
        self._retryer = retryer
        self._breaker = breaker
        self._limiter = limiter
        self._is_failure = None if breaker is None else breaker.config.is_failure
        self._lock = threading.Lock()  # guards the counts, and is held for nothing else
        self._calls = self._retries = self._rejected = self._rate_limited = 0
        self._outcomes: dict[_Outcome, int] = {"successes": 0, "failures": 0, "ignored": 0}

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
        if not isinstance(config, ResilientClientConfig):
            raise TypeError(f"config must be a ResilientClientConfig, not {config!r}")
        if not isinstance(config.retry, RetryConfig):
            raise TypeError(f"retry must be a RetryConfig, not {config.retry!r}")
        breaker = limiter = None
        if config.circuit_breaker is not None:
            breaker = CircuitBreaker(config.circuit_breaker)
        if config.rate_limit is not None:
            if not isinstance(config.rate_limit, RateLimitConfig):
                raise TypeError(f"rate_limit must be a RateLimitConfig or None, not {config.rate_limit!r}")
            limiter = TokenBucketRateLimiter(config.rate_limit.capacity, config.rate_limit.refill_rate)
        return cls(Retryer(config.retry), breaker, limiter)

    @property
    def circuit_breaker(self) -> CircuitBreaker | None:
        """The very breaker that it was made with, or one of its own; None if it has none."""
        return self._breaker

    def stats(self) -> ClientStats:
        """Tell what has been counted so far, all at one moment.

        A call is counted before anything else happens in it, and each attempt in one step when it is over.
        What has to be counted of a call has been when ``execute`` returns or raises.

        Returns:
            A snapshot; it does not change any more.
        """
        with self._lock:
            return ClientStats(
                calls=self._calls,
                attempts=sum(self._outcomes.values()),
                **self._outcomes,
                retries=self._retries,
                rejected=self._rejected,
                rate_limited=self._rate_limited,
            )

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
        if not callable(fn):  # or every retry would find out again
            raise TypeError(f"execute needs a function, not {fn!r}")
        with self._lock:
            self._calls += 1
        return self._retryer.do(self._attempt, _Call(fn, args, ctx), ctx=ctx)

    def _attempt(self, call: _Call[T]) -> T:
        # Permit before token: tokens taken for attempts that are not let through would be missing when the
        # service is back. Two try blocks, as only what the function raises may be tried again; all the rest
        # is marked as permanent, and the retryer takes the mark off.
        permit = self._ask_breaker()
        self._take_token(permit, call.ctx)
        outcome: _Outcome = "ignored"  # what stays for KeyboardInterrupt, or when is_failure raises
        try:
            value = call.fn(*call.args)
            outcome = "successes"
            return value
        except Exception as error:
            if self._counts_as_failure(error, call.ctx):
                outcome = "failures"
            raise
        finally:
            self._settle(permit, outcome, call)

    def _ask_breaker(self) -> Permit | None:
        if self._breaker is None:
            return None
        try:
            return self._breaker.allow()
        except CircuitOpen as error:
            with self._lock:
                self._rejected += 1
            raise permanent(error) from error

    def _take_token(self, permit: Permit | None, ctx: Context | None) -> None:
        if self._limiter is None:
            return
        try:
            self._limiter.wait(ctx=ctx)
        except BaseException as error:  # a cancel or Ctrl-C as well: the slot of a probe would be lost
            if permit is not None:
                permit.ignore()
            if not isinstance(error, Exception):
                raise
            with self._lock:
                self._rate_limited += 1
            raise permanent(error) from error

    def _counts_as_failure(self, error: Exception, ctx: Context | None) -> bool:
        if self._is_failure is None:
            end = None if ctx is None else ctx.error
            return end is None or not isinstance(error, type(end))
        try:
            return bool(self._is_failure(error))
        except Exception as bug:
            raise permanent(bug) from bug

    def _settle(self, permit: Permit | None, outcome: _Outcome, call: _Call[Any]) -> None:
        with self._lock:
            self._outcomes[outcome] += 1
            if call.was_tried:
                self._retries += 1
        call.was_tried = True
        # Outside the lock, as the breaker may call back.
        if permit is None:
            return
        if outcome == "successes":
            permit.success()
        elif outcome == "failures":
            permit.failure()
        else:
            permit.ignore()


class _Call(Generic[T]):
    """One call of execute; only its own thread uses it."""

    __slots__ = ("args", "ctx", "fn", "was_tried")

    def __init__(self, fn: Callable[..., T], args: tuple[Any, ...], ctx: Context | None) -> None:
        self.fn = fn
        self.args = args
        self.ctx = ctx
        self.was_tried = False


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
