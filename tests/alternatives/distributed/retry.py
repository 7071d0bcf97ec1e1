"""Retry, solved differently: attempts end in a value or an error that is handed on as data, never raised on.

What to do next is decided where no error is being handled, so nothing gets a context by accident, and what
shall have one is given it. Back-offs are computed by exponentials and drawn by ``uniform``. With a ctx the
back-off waits for an event that ctx sets when it ends.
"""

from __future__ import annotations

import math
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .error_helpers import is_permanent, is_retryable, permanent, unwrap

if TYPE_CHECKING:
    from ..concurrency.context import Context

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryResult(Generic[T]):
    """How a call that succeeded went."""

    value: T
    attempts: int
    duration: float


class RetryExhausted(Exception):
    """The last attempt that may be made has failed too; its error is the ``__cause__``."""

    def __init__(self, attempts: int, duration: float) -> None:
        super().__init__(attempts, duration)
        self.attempts = attempts
        self.duration = duration

    def __str__(self) -> str:
        return f"all attempts have failed: {self.attempts} in {self.duration:.3g} s"


@dataclass(frozen=True)
class RetryConfig:
    """How often and how fast to try again."""

    max_retries: int = 3
    initial_backoff: float = 0.1
    max_backoff: float = 30.0
    multiplier: float = 2.0
    jitter_fraction: float = 0.2
    is_retryable: Callable[[Exception], bool] | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        kinds: dict[str, Any] = {field.name: int | float for field in fields(self)[:5]} | {"max_retries": int}
        for name, kind in kinds.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, kind):
                raise TypeError(f"{name} must be a number, not {value!r}")
        if self.is_retryable is not None and not callable(self.is_retryable):
            raise TypeError("is_retryable must be a function or None")
        valid = (
            self.max_retries >= 0
            and 0 <= self.initial_backoff <= threading.TIMEOUT_MAX
            and 0 <= self.max_backoff <= threading.TIMEOUT_MAX
            and 1 <= self.multiplier <= sys.float_info.max
            and 0 <= self.jitter_fraction <= 1
        )
        if not valid:
            raise ValueError(f"out of range: {self}")


class Retryer:
    """Call functions until they succeed."""

    def __init__(self, config: RetryConfig | None = None, rng: random.Random | None = None) -> None:
        self._config = RetryConfig() if config is None else config
        if not isinstance(self._config, RetryConfig):
            raise TypeError(f"config must be a RetryConfig, not {config!r}")
        self._rng = random.Random() if rng is None else rng
        for method in ("random", "uniform"):
            if not callable(getattr(self._rng, method, None)):
                raise TypeError(f"rng has no method {method}()")
        self._drawing = threading.Condition()
        self._busy = False

    @property
    def config(self) -> RetryConfig:
        """How it behaves."""
        return self._config

    def delay(self, retry: int) -> float:
        """Draw the length of the back-off before a retry."""
        if isinstance(retry, bool) or not isinstance(retry, int):
            raise TypeError("retry must be an int")
        if retry < 0:
            raise ValueError("retry must not be negative")
        config = self._config
        if config.initial_backoff == 0 or config.max_backoff == 0:
            backoff = 0.0
        else:
            log = math.log(config.initial_backoff) + retry * math.log(config.multiplier)
            most = math.log(config.max_backoff)
            backoff = float(config.max_backoff) if log >= most else math.exp(log)
        j = config.jitter_fraction
        return self._draw(backoff * (1 - j), min(backoff * (1 + j), config.max_backoff)) if j else backoff

    def _draw(self, shortest: float, longest: float) -> float:
        with self._drawing:
            self._drawing.wait_for(lambda: not self._busy)
            self._busy = True
        try:
            return self._rng.uniform(longest, shortest)
        finally:
            with self._drawing:
                self._busy = False
                self._drawing.notify()

    def do(
        self,
        fn: Callable[..., T],
        *args: Any,
        ctx: Context | None = None,
        on_retry: Callable[[int, Exception, float], object] | None = None,
    ) -> RetryResult[T]:
        """Call ``fn(*args)``, and again after each failure as long as the rules allow."""
        if not callable(fn) or not (on_retry is None or callable(on_retry)):
            raise TypeError("do needs a function, and another one or None as on_retry")
        began = time.monotonic()
        if ctx is not None:
            ctx.raise_if_done()
        for attempt in range(1, self._config.max_retries + 2):
            value, error = _outcome(fn, args)
            if error is None:
                return RetryResult(value, attempt, max(0.0, time.monotonic() - began))
            if ctx is not None and ctx.error is not None:
                raise type(ctx.error)(*ctx.error.args) from error
            if not self._again(error):
                raise unwrap(error)
            if attempt > self._config.max_retries:
                break
            delay = self.delay(attempt - 1)
            if ctx is not None and ctx.deadline is not None and time.monotonic() + delay >= ctx.deadline:
                raise TimeoutError("the deadline comes before the next attempt") from error
            if on_retry is not None:
                with _about(error):
                    on_retry(attempt, error, delay)
            if not _slept(delay, ctx):
                raise type(ctx.error)(*ctx.error.args) from error
        raise RetryExhausted(attempt, max(0.0, time.monotonic() - began)) from error

    def _again(self, error: Exception) -> bool:
        if is_retryable(error):
            return True
        if is_permanent(error):
            return False
        with _about(error):
            return self._config.is_retryable is None or bool(self._config.is_retryable(error))


def _outcome(fn: Callable[..., T], args: tuple[Any, ...]) -> tuple[Any, Exception | None]:
    try:
        return fn(*args), None
    except Exception as error:
        return None, error


@contextmanager
def _about(error: Exception) -> Iterator[None]:
    try:
        yield
    except BaseException as another:
        if another.__context__ is None:
            another.__context__ = error
        raise


def _slept(delay: float, ctx: Context | None) -> bool:
    """Wait for the whole delay; False if ctx ended meanwhile."""
    if ctx is None:
        time.sleep(delay)
        return True
    ended = threading.Event()
    unregister = ctx.on_done(ended.set)
    try:
        ended.wait(delay)
        return ctx.error is None
    finally:
        unregister()


def main() -> None:
    """Call a service that recovers, and one that rejects the request."""
    calls = []

    def request(order: str) -> str:
        calls.append(order)
        if order == "bad":
            raise permanent(ValueError("no such item"))
        if len(calls) < 3:
            raise ConnectionError("no answer")
        return "accepted"

    retryer = Retryer()
    print(retryer.do(request, "good"))
    try:
        retryer.do(request, "bad")
    except ValueError as error:
        print(repr(error))


if __name__ == "__main__":
    main()
