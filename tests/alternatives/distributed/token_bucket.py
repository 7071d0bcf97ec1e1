"""Token bucket, solved differently: one instant instead of a level, in fractions, and one condition for all.

The whole state of the bucket is the instant at which it was empty, or will have made good what was taken in
advance. Taking a token moves that instant on by the time in which one token flows in. A claim is due at the
instant that its own taking led to.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..concurrency.context import Context

SECOND = 10**9  # all instants are in nanoseconds


class Reservation:
    """What ``TokenBucketRateLimiter.reserve`` returns: a handle, for which the limiter does the work."""

    def __init__(self, ok: bool, delay: Callable[[], float], cancel: Callable[[], None]) -> None:
        self.ok = ok
        self._delay = delay
        self._cancel = cancel

    @property
    def delay(self) -> float:
        """Seconds from now until the tokens may be used: 0.0 once they may, ``math.inf`` for never."""
        return self._delay()

    def cancel(self) -> None:
        """Give the tokens back, if they may not be used yet."""
        self._cancel()


class _Claim:
    """Tokens that ``reserve`` or ``wait`` takes."""

    def __init__(self, span: Fraction) -> None:
        self.span = span  # the time in which they flow in
        self.due: Fraction | float = math.inf  # when they are there, once they are taken
        self.over = False  # its owner wants them no more


class TokenBucketRateLimiter:
    """A bucket that holds up to ``capacity`` tokens; ``refill_rate`` tokens flow into it every second."""

    def __init__(self, capacity: int, refill_rate: float) -> None:
        _check_count("capacity", capacity)
        if type(refill_rate) not in (int, float):
            raise TypeError(f"refill_rate is a number, not {refill_rate!r}")
        if not 0 < refill_rate < math.inf:
            raise ValueError(f"refill_rate is above 0 and finite, not {refill_rate!r}")
        self._capacity = capacity
        self._per_token = SECOND / Fraction(repr(refill_rate))
        self._latest = time.monotonic_ns()
        self._empty_at = self._latest - capacity * self._per_token
        self._claims: deque[_Claim] = deque()  # those not due yet, in the order of taking
        self._changed = threading.Condition(threading.Lock())  # guards all above; a claim moved up or left

    def allow(self, n: int = 1) -> bool:
        """Take ``n`` tokens if they are there; never block."""
        _check_count("n", n)
        with self._changed:
            now = self._now()
            if self._empty_at + n * self._per_token > now:
                return False
            self._empty_at += n * self._per_token
            return True

    def tokens(self) -> float:
        """Tell how many tokens are there now, parts of a token included; this takes none."""
        with self._changed:
            return float((self._now() - self._empty_at) / self._per_token)

    def reserve(self, n: int = 1) -> Reservation:
        """Take ``n`` tokens now, and tell when they may be used; never block."""
        _check_count("n", n)
        if n > self._capacity:
            return Reservation(False, lambda: math.inf, lambda: None)
        claim = _Claim(n * self._per_token)
        with self._changed:
            self._take(claim, self._now())
        return Reservation(True, lambda: self._delay(claim), lambda: self._give_up(claim))

    def wait(self, n: int = 1, timeout: float | None = None, ctx: Context | None = None) -> None:
        """Take ``n`` tokens, and block until they are there."""
        _check_count("n", n)
        if n > self._capacity:
            raise ValueError(f"{n} tokens never fit into a bucket of {self._capacity}")
        until = math.inf
        if timeout is not None:
            if type(timeout) not in (int, float):
                raise TypeError(f"a timeout is a number of seconds, not {timeout!r}")
            if not 0 <= timeout <= threading.TIMEOUT_MAX:
                raise ValueError(f"a timeout is finite and not negative, not {timeout!r}")
            until = time.monotonic_ns() + round(Fraction(timeout) * SECOND)
        claim = _Claim(n * self._per_token)
        if ctx is None:
            self._sleep(claim, until)
            return
        ctx.raise_if_done()
        if ctx.deadline is not None:
            until = min(until, round(Fraction(ctx.deadline) * SECOND))
        unregister = ctx.on_done(lambda: self._give_up(claim))
        try:
            self._sleep(claim, until)
        finally:
            unregister()
        if claim.over:
            ctx.raise_if_done()

    def _sleep(self, claim: _Claim, until: float) -> None:
        """Take the tokens of the claim and sleep until it is due or over, unless that is after ``until``."""
        try:
            with self._changed:
                now = self._now()
                due = max(now, math.ceil(self._empty_at + claim.span))
                if not claim.over:
                    if now < due > until:
                        raise TimeoutError(f"the tokens would come {(due - until) / SECOND} s too late")
                    self._take(claim, now)
                while not claim.over and claim.due > self._now():
                    pause = (math.ceil(claim.due) - time.monotonic_ns()) / SECOND
                    self._changed.wait(min(pause, threading.TIMEOUT_MAX))
        except BaseException:
            self._give_up(claim)
            raise

    def _delay(self, claim: _Claim) -> float:
        with self._changed:
            if claim.over:
                return math.inf
            return max(0, math.ceil(claim.due) - self._now()) / SECOND

    def _give_up(self, claim: _Claim) -> None:
        """Give the tokens of a claim back, unless they are there."""
        with self._changed:
            if claim.over or claim.due <= self._now():
                return
            claim.over = True
            if claim in self._claims:
                self._claims.remove(claim)
                self._empty_at -= claim.span
                for other in self._claims:
                    if other.due > claim.due:
                        other.due -= claim.span
                self._changed.notify_all()

    # Below, the lock is held.

    def _now(self) -> int:
        """Look at the clock, let spill over what does not fit, and forget the claims that are due."""
        self._latest = max(self._latest, time.monotonic_ns())
        self._empty_at = max(self._empty_at, self._latest - self._capacity * self._per_token)
        while self._claims and self._claims[0].due <= self._latest:
            self._claims.popleft()
        return self._latest

    def _take(self, claim: _Claim, now: int) -> None:
        self._empty_at += claim.span
        claim.due = self._empty_at
        if claim.due > now:
            self._claims.append(claim)


def _check_count(name: str, value: int) -> None:
    if type(value) is not int:
        raise TypeError(f"{name} is an int, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} is at least 1, not {value}")
