"""Circuit breaker, solved differently: each period is an object that knows what its permits may do, time is a float.

A permit refers to the period in which it was given, and counts as long as that is the current one. A period
answers each event with the period that follows, or with itself. Whoever gets hold of the lock of the reports
without waiting delivers them; all others leave theirs in the queue, and whoever has let go of it looks again.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from ..concurrency.context import Context

T = TypeVar("T")


class State(Enum):
    """What a circuit breaker does with calls."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Counts(NamedTuple):
    """What a circuit breaker has counted since its state began."""

    failures: int
    successes: int
    probes: int


class CircuitOpen(Exception):
    """The breaker does not let this call through."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class TooManyProbes(CircuitOpen):
    """The breaker is half-open and as many probes as may be are under way."""


@dataclass(frozen=True)
class CircuitBreakerConfig:
    """How a circuit breaker behaves."""

    failure_threshold: int = 5
    success_threshold: int = 2
    timeout: float = 30.0
    max_concurrent: int = 1
    is_failure: Callable[[Exception], bool] | None = None

    def __post_init__(self) -> None:
        for value in (self.failure_threshold, self.success_threshold, self.max_concurrent):
            if type(value) is not int:
                raise TypeError(f"a threshold is an int, not {value!r}")
            if value < 1:
                raise ValueError(f"a threshold is at least 1, not {value}")
        if type(self.timeout) not in (int, float):
            raise TypeError(f"a timeout is a number of seconds, not {self.timeout!r}")
        if not 0 < self.timeout <= threading.TIMEOUT_MAX:
            raise ValueError(f"a timeout is above 0 and finite, not {self.timeout!r}")
        if not (self.is_failure is None or callable(self.is_failure)):
            raise TypeError(f"is_failure is a function, not {self.is_failure!r}")


class _Closed:
    """A period in which all calls are let through."""

    state = State.CLOSED

    def __init__(self, config: CircuitBreakerConfig) -> None:
        self.config = config
        self.failures = 0

    def counts(self) -> Counts:
        return Counts(self.failures, 0, 0)

    def look(self) -> _Period:
        return self

    def enter(self) -> None:
        pass

    def leave(self, outcome: str) -> _Period:
        if outcome == "failure":
            self.failures += 1
        elif outcome == "success":
            self.failures = 0
        return _Open(self.config) if self.failures == self.config.failure_threshold else self


class _Open:
    """A period in which nothing is let through."""

    state = State.OPEN

    def __init__(self, config: CircuitBreakerConfig) -> None:
        self.config = config
        self.until = time.monotonic() + config.timeout

    def counts(self) -> Counts:
        return Counts(0, 0, 0)

    def look(self) -> _Period:
        return _HalfOpen(self.config) if time.monotonic() >= self.until else self

    def enter(self) -> None:
        raise CircuitOpen(max(0.0, self.until - time.monotonic()))

    def leave(self, outcome: str) -> _Period:
        raise AssertionError("nobody has got a permit")


class _HalfOpen:
    """A period in which probes are let through."""

    state = State.HALF_OPEN

    def __init__(self, config: CircuitBreakerConfig) -> None:
        self.config = config
        self.wanted = config.success_threshold
        self.free = config.max_concurrent

    def counts(self) -> Counts:
        return Counts(0, self.config.success_threshold - self.wanted, self.config.max_concurrent - self.free)

    def look(self) -> _Period:
        return self

    def enter(self) -> None:
        if not self.free:
            raise TooManyProbes(0.0)
        self.free -= 1

    def leave(self, outcome: str) -> _Period:
        self.free += 1
        if outcome == "failure":
            return _Open(self.config)
        if outcome == "success":
            self.wanted -= 1
        return self if self.wanted else _Closed(self.config)


_Period = _Closed | _Open | _HalfOpen


class CircuitBreaker:
    """Let calls through as long as they succeed often enough; refuse them for a while when they do not."""

    def __init__(
        self,
        config: CircuitBreakerConfig | None = None,
        on_state_change: Callable[[State, State], object] | None = None,
    ) -> None:
        if not isinstance(config, CircuitBreakerConfig | None):
            raise TypeError(f"config is a CircuitBreakerConfig, not {config!r}")
        if not (on_state_change is None or callable(on_state_change)):
            raise TypeError(f"on_state_change is a function, not {on_state_change!r}")
        self._config = config or CircuitBreakerConfig()
        self._listener = on_state_change or (lambda old, new: None)
        self._guard = threading.Condition()  # reentrant; nobody waits for it
        self._period: _Period = _Closed(self._config)
        self._changes: deque[tuple[State, State]] = deque()
        self._telling = threading.Lock()

    @property
    def config(self) -> CircuitBreakerConfig:
        """How it behaves."""
        return self._config

    @property
    def state(self) -> State:
        """What it does with a call that comes now."""
        return self._looked().state

    @property
    def counts(self) -> Counts:
        """What it has counted, all at one moment."""
        with self._guard:
            self._turn(self._period.look())
            counts = self._period.counts()
        self._tell()
        return counts

    def execute(self, fn: Callable[..., T], *args: object, ctx: Context | None = None) -> T:
        """Call ``fn(*args)`` in this thread if the breaker lets it through, and record how it ended."""
        if not callable(fn):
            raise TypeError(f"a function is called, not {fn!r}")
        if ctx is not None:
            ctx.raise_if_done()
        permit = self.allow()
        outcome = "ignored"
        try:
            value = fn(*args)
            outcome = "success"
            return value
        except Exception as error:
            if self._config.is_failure is not None:
                counts = self._config.is_failure(error)
            else:
                counts = ctx is None or ctx.error is None or not isinstance(error, type(ctx.error))
            if counts:
                outcome = "failure"
            raise
        finally:
            permit._settle(outcome)

    def allow(self) -> Permit:
        """Ask to be let through; never block."""
        with self._guard:
            self._turn(self._period.look())
            self._period.enter()
            permit = Permit(self, self._period)
        try:
            self._tell()
        except BaseException:
            permit.ignore()
            raise
        return permit

    def reset(self) -> None:
        """Close the breaker, whatever its state, set all counts to 0 and begin a new period."""
        with self._guard:
            self._turn(self._period.look())
            self._turn(_Closed(self._config))
        self._tell()

    def _looked(self) -> _Period:
        with self._guard:
            self._turn(self._period.look())
            period = self._period
        self._tell()
        return period

    def _turn(self, new: _Period) -> None:
        """Go on with another period, or the same; the guard is held."""
        if new.state is not self._period.state:
            self._changes.append((self._period.state, new.state))
        self._period = new

    def _tell(self) -> None:
        while self._changes and self._telling.acquire(blocking=False):
            try:
                while self._changes:
                    try:
                        self._listener(*self._changes.popleft())
                    except Exception:
                        hooked = (*sys.exc_info(), threading.current_thread())
                        threading.excepthook(threading.ExceptHookArgs(hooked))
            finally:
                self._telling.release()


class Permit:
    """Leave for one call, given by ``CircuitBreaker.allow``; its owner tells how the call ended."""

    def __init__(self, breaker: CircuitBreaker, period: _Period) -> None:
        self._breaker = breaker
        self._period: _Period | None = period

    def success(self) -> None:
        """Record that the call succeeded."""
        self._settle("success")

    def failure(self) -> None:
        """Record a counted failure."""
        self._settle("failure")

    def ignore(self) -> None:
        """Give the permit back without a verdict."""
        self._settle("ignored")

    def _settle(self, outcome: str) -> None:
        breaker = self._breaker
        with breaker._guard:
            period, self._period = self._period, None
            if period is breaker._period:
                breaker._turn(period.leave(outcome))
        breaker._tell()
