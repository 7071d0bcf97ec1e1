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
        # TODO: your code here
        raise NotImplementedError


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
        # TODO: your code here
        raise NotImplementedError

    @property
    def config(self) -> RetryConfig:
        """How it behaves: the very config it was made with, or one with all defaults."""
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError


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
