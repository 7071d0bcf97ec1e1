"""Circuit breaker: stops calling a service that keeps failing, and finds out with a few probes when it is well.

Durations are seconds, given as int or float. Every method may be called from any thread. Time is that of
``time.monotonic()``: setting the wall clock changes nothing.

A ``ctx`` is a context of the kata of that name; without one a call just cannot be cancelled. What you need:

- ``ctx.raise_if_done()`` raises ``Cancelled`` or ``DeadlineExceeded`` if it has ended, else does nothing.
- ``ctx.error`` is None until it has ended, then an instance of one of these two classes, always the same. A
  call that gives up because of ctx raises a new instance of that class.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

if TYPE_CHECKING:
    from ..concurrency.context import Context

T = TypeVar("T")
_Outcome = Literal["success", "failure", "ignored"]


# --- given ---


class State(Enum):
    """What a circuit breaker does with calls."""

    CLOSED = "closed"  # lets all of them through
    OPEN = "open"  # lets none through
    HALF_OPEN = "half-open"  # lets a few through, as probes


class Counts(NamedTuple):
    """What a circuit breaker has counted since its state began; what a state does not count is 0.

    Attributes:
        failures: counted failures in a row, while it is closed.
        successes: successes of probes, while it is half-open.
        probes: permits that are out, while it is half-open.
    """

    failures: int
    successes: int
    probes: int


class CircuitOpen(Exception):
    """The breaker does not let this call through.

    Attributes:
        retry_after: seconds until it lets a probe through.
    """

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"the circuit is open, for another {self.retry_after:.3g} s"


class TooManyProbes(CircuitOpen):
    """The breaker is half-open and as many probes as may be are under way; ``retry_after`` is 0.0.

    One of them may end at any moment, so there is no telling how long to wait.
    """

    def __str__(self) -> str:
        return "the circuit is half-open, and no more probes are let through for the moment"


# --- end of given ---


@dataclass(frozen=True)
class CircuitBreakerConfig:
    """How a circuit breaker behaves; it cannot be changed.

    Attributes:
        failure_threshold: how many counted failures in a row open it, at least 1.
        success_threshold: how many successful probes close it again, at least 1.
        timeout: how many seconds it stays open, above 0.
        max_concurrent: how many probes may be under way at a time, at least 1.
        is_failure: tells ``execute`` whether an ``Exception`` of the function counts as a failure; see there.
    """

    failure_threshold: int = 5
    success_threshold: int = 2
    timeout: float = 30.0
    max_concurrent: int = 1
    is_failure: Callable[[Exception], bool] | None = None

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            TypeError: a threshold or ``max_concurrent`` is not an int, ``timeout`` is not a number, or
                ``is_failure`` is neither callable nor None; a bool is neither int nor number.
            ValueError: a threshold or ``max_concurrent`` is less than 1, or ``timeout`` is zero, negative,
                NaN, infinite or above ``threading.TIMEOUT_MAX``.
        """
        for name in ("failure_threshold", "success_threshold", "max_concurrent"):
            _check_count(name, getattr(self, name))
        _check_timeout(self.timeout)
        if self.is_failure is not None and not callable(self.is_failure):
            raise TypeError(f"is_failure must be a function or None, not {self.is_failure!r}")


class CircuitBreaker:
    """Let calls through as long as they succeed often enough; refuse them for a while when they do not.

        breaker = CircuitBreaker(CircuitBreakerConfig(failure_threshold=3, timeout=10.0))
        profile = breaker.execute(fetch, url)

    The states, of which it begins with closed:

    - Closed: every call is let through. ``failure_threshold`` counted failures in a row open the breaker, at
      exactly the last of these, in the order in which permits are settled. A success in between sets their
      number back to 0; an ignored result does not.
    - Open: nothing is let through for exactly ``timeout`` seconds, counted from the failure that opened it.
      Whatever becomes known meanwhile of calls that began earlier does not make it longer or shorter.
    - Half-open: from exactly the end of ``timeout`` on. At most ``max_concurrent`` of its permits are out at
      any moment, and one that is settled makes room for the next. ``success_threshold`` successes close the
      breaker; a single counted failure opens it again, for another full ``timeout``.

    Rules that hold for all of it:

    - No thread and no timer makes an open breaker half-open: whoever looks first does, once the time has
      come. ``allow``, ``execute``, ``state``, ``counts`` and ``reset`` look, so all of them find it half-open
      at exactly the end of ``timeout``. Settling a permit need not look.
    - A permit counts in the period in which it was given. Each change of state ends a period, and so does
      each ``reset``. A permit that is settled after the end of its period does nothing: it is not counted,
      and frees no slot, as those of a new period are all free from the start.
    - Each look or settling is one step, whatever other threads do.
    - No call ever blocks, apart from what the functions do that it calls for you. These run outside every
      internal lock: many calls of ``execute`` run at the same time, and any of these functions may use the
      breaker, or wait for a thread that does.

    And for ``on_state_change``:

    - It is called as ``on_state_change(old, new)`` with two ``State``, once for each change, in the order of
      the changes; never by two threads at the same time, and never while an earlier call is still running,
      not even if that one makes the change. Nothing is reported if the state stays the same.
    - As a rule the thread that makes a change reports it, before its call returns. If a report is running at
      that moment, whoever runs it goes on with the next change, and the call that made it returns at once.
    - So the breaker may have moved on when a change is reported: ``state`` tells where it is now.
    - An ``Exception`` that it raises goes to ``threading.excepthook``, as if it had ended a thread of its
      own, and changes nothing for the call in which it happens. Anything else comes out of that call, which
      then keeps no slot; changes still to be reported are, by the next call that is let through or settled
      or that looks.
    """

    def __init__(
        self,
        config: CircuitBreakerConfig | None = None,
        on_state_change: Callable[[State, State], object] | None = None,
    ) -> None:
        """Make a closed breaker.

        Args:
            config: None takes all defaults.
            on_state_change: called for each change of state, see above.

        Raises:
            TypeError: ``config`` is not a ``CircuitBreakerConfig``, or ``on_state_change`` is not callable;
                None is fine for either.
        """
        if config is None:
            config = CircuitBreakerConfig()
        if not isinstance(config, CircuitBreakerConfig):
            raise TypeError(f"config must be a CircuitBreakerConfig, not {config!r}")
        if on_state_change is not None and not callable(on_state_change):
            raise TypeError(f"on_state_change must be a function or None, not {on_state_change!r}")
        self._config = config
        self._on_state_change = on_state_change
        # Whole nanoseconds: as floats, 0.1 s + 0.2 s lie after 0.3 s, and a caller that comes at the exact
        # end of the timeout, or after a sleep of retry_after, would be refused once more.
        self._timeout = round(config.timeout * 10**9)
        self._open_until = 0
        self._lock = threading.Lock()
        self._state = State.CLOSED
        self._period = 0  # a permit bears the number of the period in which it was given
        self._failures = self._successes = self._probes = 0
        self._reports: deque[tuple[State, State]] = deque()  # changes that nobody has begun to report
        self._reporting = False  # whether some thread works through them

    @property
    def config(self) -> CircuitBreakerConfig:
        """How it behaves: the very config it was made with, or one with all defaults."""
        return self._config

    @property
    def state(self) -> State:
        """What it does with a call that comes now: at exactly the end of ``timeout`` it is half-open."""
        with self._lock:
            self._look()
            state = self._state
        self._report()
        return state

    @property
    def counts(self) -> Counts:
        """What it has counted, all at one moment."""
        with self._lock:
            self._look()
            counts = Counts(self._failures, self._successes, self._probes)
        self._report()
        return counts

    def execute(self, fn: Callable[..., T], *args: object, ctx: Context | None = None) -> T:
        """Call ``fn(*args)`` in this thread if the breaker lets it through, and record how it ended.

        A value is a success, also if ``ctx`` has ended meanwhile. Of what ``fn`` raises, an ``Exception`` is
        a counted failure or ignored:

        - With ``is_failure`` in the config, ``is_failure(error)`` decides, by a true value or a false one;
          also about the end of ``ctx``. If it raises, the result of ``fn`` is ignored, and its own error
          comes out of this call, with that of ``fn`` as ``__context__``.
        - Without it every ``Exception`` counts, except the end of the caller's ``ctx``: once ``ctx`` has
          ended, an error of the class of ``ctx.error`` is ignored, since it says nothing about the service.

        Anything else, such as ``KeyboardInterrupt``, is ignored, and ``is_failure`` is not asked. Whatever
        happens, the permit of this call is settled when it is over.

        Args:
            fn: what to call.
            args: for ``fn``.
            ctx: if it is done before the call, ``fn`` is not called, the breaker is not asked, and no permit
                is taken. It is not handed to ``fn``.

        Returns:
            What ``fn`` returned.

        Raises:
            TypeError: ``fn`` is not callable.
            Cancelled, DeadlineExceeded: ``ctx`` was done before. This goes before ``CircuitOpen``.
            CircuitOpen, TooManyProbes: as ``allow``; ``fn`` was not called.
            BaseException: what ``fn`` raised, the same object.
        """
        if not callable(fn):
            raise TypeError(f"execute needs a function, not {fn!r}")
        if ctx is not None:
            ctx.raise_if_done()
        permit = self.allow()
        try:
            value = fn(*args)
        except BaseException as error:
            try:
                if isinstance(error, Exception) and self._counts_as_failure(error, ctx):
                    permit.failure()
            finally:
                permit.ignore()  # unless it was counted; also when is_failure raised, or the slot were lost
            raise
        permit.success()
        return value

    def allow(self) -> Permit:
        """Ask to be let through; never block.

        For callers that make the call themselves; ``execute`` does all of it in one.

        Returns:
            A permit, to be settled as soon as it is known how the call ended.

        Raises:
            CircuitOpen: the breaker is open; ``retry_after`` is the time left until it is half-open.
            TooManyProbes: it is half-open, and ``max_concurrent`` permits are out.
        """
        with self._lock:
            left = self._look()
            if left:
                raise CircuitOpen(left / 10**9)
            if self._state is State.HALF_OPEN:
                # Counted here and not when the call begins: two callers would both see the last slot free.
                if self._probes == self._config.max_concurrent:
                    raise TooManyProbes(0.0)
                self._probes += 1
            permit = Permit(self, self._period)
        try:
            self._report()
        except BaseException:
            permit.ignore()  # nobody else will get hold of it
            raise
        return permit

    def reset(self) -> None:
        """Close the breaker, whatever its state, set all counts to 0 and begin a new period.

        What becomes of calls that began before no longer counts, also if the breaker was closed already;
        ``on_state_change`` is called only if it was not.
        """
        with self._lock:
            self._look()
            if self._state is State.CLOSED:
                self._begin_period()
            else:
                self._change(State.CLOSED)
        self._report()

    def _counts_as_failure(self, error: Exception, ctx: Context | None) -> bool:
        if self._config.is_failure is not None:
            return bool(self._config.is_failure(error))
        end = None if ctx is None else ctx.error
        return end is None or not isinstance(error, type(end))

    def _settle(self, permit: Permit, outcome: _Outcome) -> None:
        with self._lock:
            if permit._settled:
                return
            permit._settled = True
            if permit._period != self._period:  # not even its slot: those of this period belong to others
                return
            if self._state is State.HALF_OPEN:
                self._probes -= 1
            if outcome == "success":
                self._succeeded()
            elif outcome == "failure":
                self._failed()
        self._report()

    # The next five are called with the lock held.

    def _succeeded(self) -> None:
        self._failures = 0
        if self._state is State.HALF_OPEN:
            self._successes += 1
            if self._successes == self._config.success_threshold:
                self._change(State.CLOSED)

    def _failed(self) -> None:
        if self._state is State.CLOSED:
            self._failures += 1
            if self._failures < self._config.failure_threshold:
                return
        self._change(State.OPEN)

    def _look(self) -> int:
        """Become half-open if it is time to; return how many nanoseconds are left until then, else 0."""
        if self._state is not State.OPEN:
            return 0
        left = self._open_until - time.monotonic_ns()
        if left > 0:
            return left
        self._change(State.HALF_OPEN)
        return 0

    def _change(self, new: State) -> None:
        if self._on_state_change is not None:
            # Under the lock, so that they queue up in the order of the changes; called later, outside it.
            self._reports.append((self._state, new))
        self._state = new
        if new is State.OPEN:
            self._open_until = time.monotonic_ns() + self._timeout
        self._begin_period()

    def _begin_period(self) -> None:
        self._period += 1
        self._failures = self._successes = self._probes = 0

    # Called without the lock, by every method that may have made a change.
    def _report(self) -> None:
        # A look without the lock, to save it: what this thread has put there is still there, or is taken care
        # of by another.
        if not self._reports:
            return
        with self._lock:
            if self._reporting:  # one thread at a time, or a later change could be reported first
                return
            self._reporting = True
        try:
            while (report := self._next_report()) is not None:
                self._call_back(*report)
        except BaseException:
            with self._lock:
                self._reporting = False  # or nothing would ever be reported again
            raise

    def _next_report(self) -> tuple[State, State] | None:
        with self._lock:
            if self._reports:
                return self._reports.popleft()
            # Nothing left and nobody at it is one step: whoever makes a change finds this thread still at it,
            # or reports it on his own.
            self._reporting = False
            return None

    def _call_back(self, old: State, new: State) -> None:
        assert self._on_state_change is not None
        try:
            self._on_state_change(old, new)
        except Exception:
            # Not raised: the call at hand may have nothing to do with this change, and if it has, its permit
            # or the value of its function would be lost.
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))


class Permit:
    """Leave for one call, given by ``CircuitBreaker.allow``; its owner tells how the call ended.

        permit = breaker.allow()
        try: reply = send(request); permit.success()
        except OSError: permit.failure(); raise
        finally: permit.ignore()  # does nothing if it is settled

    - The first call of ``success``, ``failure`` or ``ignore`` settles it, whichever thread makes it. Further
      ones do nothing, and raise nothing.
    - What settling does in which state stands with ``CircuitBreaker``. It does nothing if the period in which
      the permit was given is over.
    - The slot of a probe that is never settled stays taken for as long as the breaker stays half-open, which
      may be for ever: with all of them lost only ``reset`` helps.
    """

    def __init__(self, breaker: CircuitBreaker, period: int) -> None:
        """Make a permit that is not settled.

        Users call ``allow`` instead, so what this takes is up to you.

        Args:
            breaker: whose.
            period: the period in which it was given.
        """
        self._breaker = breaker
        self._period = period
        self._settled = False  # guarded by the breaker's lock

    def success(self) -> None:
        """Record that the call succeeded."""
        self._breaker._settle(self, "success")

    def failure(self) -> None:
        """Record a counted failure; ``is_failure`` is not asked."""
        self._breaker._settle(self, "failure")

    def ignore(self) -> None:
        """Give the permit back without a verdict: its slot is free again, and no count changes."""
        self._breaker._settle(self, "ignored")


def _check_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, not {value}")


def _check_timeout(timeout: float) -> None:
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout must be a number of seconds, not {timeout!r}")
    if not 0 < timeout <= threading.TIMEOUT_MAX:  # false for NaN as well
        raise ValueError(f"timeout must be finite and above 0, not {timeout!r}")


def main() -> None:
    """Call a service every 0.05 s that is down for half a second."""
    began = time.monotonic()

    def report(text: str) -> None:
        print(f"{time.monotonic() - began:5.2f} s  {text}")

    def service(number: int) -> str:
        if 0.1 < time.monotonic() - began < 0.6:
            raise ConnectionError("connection refused")
        return f"answer {number}"

    breaker = CircuitBreaker(
        CircuitBreakerConfig(failure_threshold=3, success_threshold=2, timeout=0.2),
        on_state_change=lambda old, new: report(f"--- {old.value} -> {new.value}"),
    )
    for number in range(20):
        try:
            report(breaker.execute(service, number))
        except CircuitOpen as error:
            report(f"not even tried: {error}")
        except ConnectionError as error:
            report(f"tried and failed: {error}; the circuit is {breaker.state.value}")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
