"""Retry: call a function that may fail, and call it again, later and later, while that may still help.

Durations are seconds, given as int or float. Every method may be called from any thread. Time is that of
``time.monotonic()``: setting the wall clock changes nothing.

Which errors are worth another attempt is told by marks, those of the kata ``error_helpers``, imported from
there; no need to have solved it. What you need of it:

- ``permanent(error)`` and ``retryable(error)`` put a mark on an error; they are for those who raise it.
- ``is_permanent(error)`` and ``is_retryable(error)`` find the nearest mark, on the error itself or anywhere in
  its chain of causes and in groups. At most one of the two is true; for an error without a mark neither is.
- ``unwrap(error)`` takes all marks off the top of an error; one that has none there is returned itself.

A ``ctx`` is a context of the kata of that name; without one a call just cannot be cancelled. What you need:

- ``ctx.raise_if_done()`` raises ``Cancelled`` or ``DeadlineExceeded`` if it has ended, else does nothing. It is
  a new exception each time.
- ``ctx.wait(seconds)`` blocks until ctx ends, but no longer than that, and tells whether ctx has ended.
- ``ctx.done`` and ``ctx.remaining()`` (seconds to its deadline, None without one) only look.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .error_helpers import is_permanent, is_retryable, permanent, unwrap

if TYPE_CHECKING:
    from ..concurrency.context import Context

T = TypeVar("T")


# --- given ---


@dataclass(frozen=True, slots=True)
class RetryResult(Generic[T]):
    """How a call that succeeded went.

    Attributes:
        value: what the function returned in the end.
        attempts: how often it was called, the successful call included.
        duration: seconds from the call of ``do`` to its end, back-offs included.
    """

    value: T
    attempts: int
    duration: float


class RetryExhausted(Exception):
    """The last attempt that may be made has failed too; its error is the ``__cause__``.

    Attributes:
        attempts: how often the function was called.
        duration: seconds from the call of ``do`` to its end, back-offs included.
    """

    def __init__(self, attempts: int, duration: float) -> None:
        super().__init__(attempts, duration)
        self.attempts = attempts
        self.duration = duration

    def __str__(self) -> str:
        return f"all attempts have failed: {self.attempts} in {self.duration:.3g} s"


# --- end of given ---


@dataclass(frozen=True)
class RetryConfig:
    """How often and how fast to try again; it cannot be changed.

    Attributes:
        max_retries: how many attempts may follow the first one, at least 0.
        initial_backoff: seconds to wait before the first retry, at least 0.
        max_backoff: no back-off is longer than this, at least 0. It may be less than ``initial_backoff``.
        multiplier: how many times longer each back-off is than the one before, at least 1.
        jitter_fraction: by what part of it a back-off may be shorter or longer, at random; from 0 to 1.
        is_retryable: tells whether an error without a mark is worth another attempt; see ``Retryer``.
    """

    max_retries: int = 3
    initial_backoff: float = 0.1
    max_backoff: float = 30.0
    multiplier: float = 2.0
    jitter_fraction: float = 0.2
    is_retryable: Callable[[Exception], bool] | None = None

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            TypeError: ``max_retries`` is not an int, one of the next four is not a number, or
                ``is_retryable`` is neither callable nor None; a bool is neither int nor number.
            ValueError: ``max_retries`` or a back-off is negative, ``multiplier`` is less than 1 or more than
                a float can be, ``jitter_fraction`` is not from 0 to 1, any of these is NaN or infinite, or a
                back-off is above ``threading.TIMEOUT_MAX``.
        """
        _check_count("max_retries", self.max_retries)
        _check_number("initial_backoff", self.initial_backoff, 0, threading.TIMEOUT_MAX)
        _check_number("max_backoff", self.max_backoff, 0, threading.TIMEOUT_MAX)
        _check_number("multiplier", self.multiplier, 1, sys.float_info.max)
        _check_number("jitter_fraction", self.jitter_fraction, 0, 1)
        if self.is_retryable is not None and not callable(self.is_retryable):
            raise TypeError(f"is_retryable must be a function or None, not {self.is_retryable!r}")


class Retryer:
    """Call functions until they succeed, but not too often, not too fast, and not when it is pointless.

        retryer = Retryer(RetryConfig(max_retries=5, initial_backoff=0.2))
        page = retryer.do(fetch, url).value

    Attempts and back-offs:

    - The first attempt is made at once, and at most ``max_retries`` more. They are made in the calling thread.
    - Before each of these there is a back-off, as long as ``delay`` says. After the last attempt there is none.
    - Nothing polls: a back-off is one wait, which ends after exactly its time, or at once when ctx ends.

    What becomes of an attempt that fails with an ``Exception``. The first of these that applies:

    - ctx is done: the error of ctx is raised, whatever the function has raised.
    - The error is permanent: it is raised unwrapped. That is, the very instance that was marked comes out,
      and its ``__cause__`` and ``__context__`` are as if there had never been a mark on it.
    - The error has no mark, and ``is_retryable`` of the config, if there is one, returns a false value for it:
      the very instance comes out, its ``__cause__`` and ``__context__`` unchanged. This function is asked
      after the last attempt too. It is never asked about a marked error: whoever marked it knew more.
    - That was the last attempt: ``RetryExhausted`` is raised from the error. So it is if ``max_retries`` is 0.
    - The back-off would end at the deadline of ctx or later: a plain ``TimeoutError`` is raised at once, from
      the error. Waiting would be in vain.
    - Otherwise the function is called once more after the back-off. If ctx ends before that is over, the
      error of ctx is raised at that instant, and there is no further attempt.

    Other rules:

    - Anything else that the function raises, such as ``KeyboardInterrupt``, comes out at once and unchanged.
    - Where the error of ctx is raised after an attempt, that attempt's error is its ``__cause__``.
    - "From the error" means the instance that the function raised, marks included, and so are the errors that
      ``is_retryable`` and ``on_retry`` are given. An attempt's error is not the ``__context__`` of that of the
      next: each is judged by itself.
    - One retryer may be used for any number of calls, one after another or at the same time. They share
      nothing but ``rng``, and none waits for another except while that draws a number from it. Your functions
      run outside every internal lock.
    """

    def __init__(self, config: RetryConfig | None = None, rng: random.Random | None = None) -> None:
        """Make a retryer.

        Args:
            config: None takes all defaults.
            rng: where chance comes from: a ``random.Random``, or an object that has its methods ``random()``
                and ``uniform(a, b)``, of which one is called once for each delay. None takes a new
                ``random.Random()``. It is used by one thread at a time, so it need not be thread-safe, and
                not at all if ``jitter_fraction`` is 0.

        Raises:
            TypeError: ``config`` is neither a ``RetryConfig`` nor None, or ``rng`` is not None and has no
                such methods.
        """
        if config is None:
            config = RetryConfig()
        if not isinstance(config, RetryConfig):
            raise TypeError(f"config must be a RetryConfig, not {config!r}")
        if rng is None:
            rng = random.Random()
        if not callable(getattr(rng, "random", None)) or not callable(getattr(rng, "uniform", None)):
            raise TypeError(f"rng must be a random.Random or have its methods, not {rng!r}")
        self._config = config
        self._rng = rng
        self._rng_lock = threading.Lock()

    @property
    def config(self) -> RetryConfig:
        """How it behaves: the very config it was made with, or one with all defaults."""
        return self._config

    def delay(self, retry: int) -> float:
        """Draw the length of the back-off before a retry; this waits for nothing.

        Without jitter that is b = min(initial_backoff * multiplier ** retry, max_backoff), to within the
        rounding of floats, however large the power. With a ``jitter_fraction`` of j it is drawn evenly from
        b * (1 - j) to min(b * (1 + j), max_backoff). Evenly also where the maximum has cut this range: if
        what lies beyond it were just set to the maximum, every other caller would come back at the same time.

        Args:
            retry: which one, counted from 0; any int from there on, whatever ``max_retries`` says.

        Returns:
            Seconds. Without jitter always the same ones.

        Raises:
            TypeError: ``retry`` is not an int, or is a bool.
            ValueError: it is negative.
        """
        _check_count("retry", retry)
        backoff = self._backoff(retry)
        jitter = self._config.jitter_fraction
        if not jitter:
            return backoff
        shortest = backoff * (1 - jitter)
        longest = min(backoff * (1 + jitter), self._config.max_backoff)
        with self._rng_lock:
            drawn = self._rng.random()
        return min(shortest + (longest - shortest) * drawn, longest)  # the sum may round to above it

    def do(
        self,
        fn: Callable[..., T],
        *args: Any,
        ctx: Context | None = None,
        on_retry: Callable[[int, Exception, float], object] | None = None,
    ) -> RetryResult[T]:
        """Call ``fn(*args)``, and again after each failure as long as the rules of this class allow.

        Args:
            fn: what to call; any value that it returns is a success, also if ctx has ended meanwhile.
            args: for ``fn``.
            ctx: gives up when this ends. If it is done before the call, ``fn`` is not called at all. It is
                not handed to ``fn``.
            on_retry: called as ``on_retry(attempt, error, delay)`` before each back-off: which attempt has
                failed, counted from 1, its error, and how long the back-off is going to be. The back-off
                begins when it returns. It is not called where no back-off follows.

        Returns:
            The value, the number of attempts and the time that it took. Should the clock step back, the
            duration is what the clock shows, but never negative.

        Raises:
            TypeError: ``fn`` is not callable, or ``on_retry`` is neither callable nor None. This goes before
                anything else.
            Cancelled, DeadlineExceeded: ``ctx`` has ended, before the call, during a failed attempt or during
                a back-off.
            RetryExhausted: all attempts have failed, with errors worth another one.
            TimeoutError: ``ctx`` leaves no time for the next attempt.
            BaseException: what ``fn`` raised, see the rules; or what ``is_retryable`` or ``on_retry`` raised,
                with the error of ``fn`` as ``__context__``. There is no further attempt then.
        """
        if not callable(fn):
            raise TypeError(f"do needs a function, not {fn!r}")
        if on_retry is not None and not callable(on_retry):
            raise TypeError(f"on_retry must be a function or None, not {on_retry!r}")
        began = time.monotonic_ns()
        if ctx is not None:
            ctx.raise_if_done()
        attempts = 0
        while True:
            attempts += 1
            try:
                value = fn(*args)
            except Exception as error:
                if ctx is not None and ctx.done:
                    _raise_end(ctx, error)
                if self._is_worth_repeating(error):
                    if attempts > self._config.max_retries:
                        raise RetryExhausted(attempts, _seconds_since(began)) from error
                    self._back_off(attempts, error, ctx, on_retry)
                    continue
                final = unwrap(error)
            else:
                return RetryResult(value, attempts, _seconds_since(began))
            # Not raised within the except block: there Python would make the mark the context of the very
            # error that it was taken off, and the next one to look for marks would find it.
            raise final

    def _backoff(self, retry: int) -> float:
        initial, longest = self._config.initial_backoff, self._config.max_backoff
        multiplier = float(self._config.multiplier)  # the powers of an int may have a million digits
        if initial == 0 or multiplier == 1:
            return min(initial, longest)
        try:
            # In two halves: a power may be too large for a float though its product with a tiny back-off is
            # not. If half of it is too large, the product is beyond any maximum.
            half = multiplier ** (retry // 2)
            return min(initial * half * multiplier ** (retry - retry // 2), longest)
        except OverflowError:
            return longest

    def _is_worth_repeating(self, error: Exception) -> bool:
        if is_permanent(error):
            return False
        decide = self._config.is_retryable
        return decide is None or is_retryable(error) or bool(decide(error))

    def _back_off(
        self,
        attempt: int,
        error: Exception,
        ctx: Context | None,
        on_retry: Callable[[int, Exception, float], object] | None,
    ) -> None:
        delay = self.delay(attempt - 1)
        left = None if ctx is None else ctx.remaining()
        if left is not None and delay >= left:
            raise TimeoutError(f"a back-off of {delay:.3g} s does not fit into {left:.3g} s") from error
        if on_retry is not None:
            on_retry(attempt, error, delay)
        if ctx is None:
            time.sleep(delay)
        elif ctx.wait(delay):
            _raise_end(ctx, error)


def _raise_end(ctx: Context, last: Exception) -> None:
    try:
        ctx.raise_if_done()
    except Exception as end:
        raise end from last


def _seconds_since(began: int) -> float:
    return max(0, time.monotonic_ns() - began) / 10**9


def _check_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {value!r}")
    if value < 0:
        raise ValueError(f"{name} must not be negative, not {value}")


def _check_number(name: str, value: float, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, not {value!r}")
    if not least <= value <= most:  # false for NaN as well
        raise ValueError(f"{name} must be from {least} to {most}, not {value!r}")


def main() -> None:
    """Call a service that is slow to recover, one that rejects the request, and one that stays down."""
    began = time.monotonic()

    def report(text: str) -> None:
        print(f"{time.monotonic() - began:5.2f} s  {text}")

    retryer = Retryer(RetryConfig(max_retries=3, initial_backoff=0.1))
    calls = {"orders": 0, "payments": 0, "search": 0}

    def request(service: str) -> str:
        calls[service] += 1
        if service == "payments":
            raise permanent(ValueError("the card has expired"))
        if service == "search" or calls[service] < 3:
            raise ConnectionError(f"{service} does not answer")
        return "accepted"

    def logged(service: str) -> str:
        try:
            return request(service)
        except Exception as error:
            mark = "permanent" if is_permanent(error) else "retryable" if is_retryable(error) else "no mark"
            report(f"{service}: {unwrap(error)!r}, {mark}")
            raise

    def announce(attempt: int, error: Exception, delay: float) -> None:
        report(f"  attempt {attempt} has failed, the next one follows in {delay:.3f} s")

    for service in calls:
        try:
            result = retryer.do(logged, service, on_retry=announce)
        except Exception as error:
            report(f"{service}: gave up with {type(error).__name__}: {error}")
        else:
            report(f"{service}: {result.value} at attempt {result.attempts}, after {result.duration:.2f} s")


if __name__ == "__main__":
    main()
