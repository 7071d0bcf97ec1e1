"""Circuit breaker: stops calling a service that keeps failing, and finds out with a few probes when it is well.

Durations are seconds, given as int or float. Every method may be called from any thread. Time is that of
``time.monotonic()``: setting the wall clock changes nothing.

A ``ctx`` is a context of the kata of that name; without one a call just cannot be cancelled. What you need:

- ``ctx.raise_if_done()`` raises ``Cancelled`` or ``DeadlineExceeded`` if it has ended, else does nothing.
- ``ctx.error`` is None until it has ended, then an instance of one of these two classes, always the same. A
  call that gives up because of ctx raises a new instance of that class.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from ..concurrency.context import Context

T = TypeVar("T")


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
        # TODO: your code here
        raise NotImplementedError


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
        # TODO: your code here
        raise NotImplementedError

    @property
    def config(self) -> CircuitBreakerConfig:
        """How it behaves: the very config it was made with, or one with all defaults."""
        # TODO: your code here
        raise NotImplementedError

    @property
    def state(self) -> State:
        """What it does with a call that comes now: at exactly the end of ``timeout`` it is half-open."""
        # TODO: your code here
        raise NotImplementedError

    @property
    def counts(self) -> Counts:
        """What it has counted, all at one moment."""
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

    def allow(self) -> Permit:
        """Ask to be let through; never block.

        For callers that make the call themselves; ``execute`` does all of it in one.

        Returns:
            A permit, to be settled as soon as it is known how the call ended.

        Raises:
            CircuitOpen: the breaker is open; ``retry_after`` is the time left until it is half-open.
            TooManyProbes: it is half-open, and ``max_concurrent`` permits are out.
        """
        # TODO: your code here
        raise NotImplementedError

    def reset(self) -> None:
        """Close the breaker, whatever its state, set all counts to 0 and begin a new period.

        What becomes of calls that began before no longer counts, also if the breaker was closed already;
        ``on_state_change`` is called only if it was not.
        """
        # TODO: your code here
        raise NotImplementedError


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
        # TODO: your code here
        raise NotImplementedError

    def success(self) -> None:
        """Record that the call succeeded."""
        # TODO: your code here
        raise NotImplementedError

    def failure(self) -> None:
        """Record a counted failure; ``is_failure`` is not asked."""
        # TODO: your code here
        raise NotImplementedError

    def ignore(self) -> None:
        """Give the permit back without a verdict: its slot is free again, and no count changes."""
        # TODO: your code here
        raise NotImplementedError


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
