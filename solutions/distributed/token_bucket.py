"""Token bucket: a rate limiter that lets bursts through, up to a limit, and holds an average rate.

Durations are seconds, given as int or float. Every method may be called from any thread. Time is that of
``time.monotonic_ns()``, and all arithmetic is exact to the nanosecond: nothing may drift, however often and
at whatever instants the limiter is asked. Floats cannot give you that; integers, or fractions, can.

A ``ctx`` is a context of the kata of that name; without one a call just cannot be cancelled. What you need:

- ``ctx.raise_if_done()`` raises ``Cancelled`` or ``DeadlineExceeded`` if it has ended, else does nothing.
- ``ctx.deadline`` is the instant of ``time.monotonic()`` at which it ends at the latest, None without one.
- ``ctx.on_done(fn)`` has ``fn()`` called once when it ends, and returns ``unregister``, a function that takes
  this back. On a context that is done it calls ``fn`` at once, in your thread; otherwise ``fn`` runs in the
  thread that cancels, or in a timer's thread at the deadline. If your ``fn`` takes your lock, call neither
  ``on_done`` nor ``unregister`` while you hold that lock, unless you know why it is safe.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..concurrency.context import Context


# --- given ---


class Reservation:
    """What ``TokenBucketRateLimiter.reserve`` returns: a handle, for which the limiter does the work.

    Attributes:
        ok: whether tokens were taken; it never changes.
    """

    def __init__(self, ok: bool, delay: Callable[[], float], cancel: Callable[[], None]) -> None:
        """Make a handle.

        Args:
            ok: see above.
            delay: called whenever somebody reads ``delay``.
            cancel: called by each ``cancel``.
        """
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


# --- end of given ---


class TokenBucketRateLimiter:
    """A bucket that holds up to ``capacity`` tokens; ``refill_rate`` tokens flow into it every second.

        limiter = TokenBucketRateLimiter(capacity=100, refill_rate=10)
        if limiter.allow(): handle(request)

    Rules that hold for every method:

    - The bucket begins full, and what flows into a full bucket is lost.
    - In any interval [s, t] at most capacity + refill_rate * (t - s) tokens are granted. Those of ``allow``
      are granted when it returns True, those of ``wait`` and ``reserve`` when they are there, even if the
      thread that waits for them gets to run later.
    - Tokens are there from the first whole nanosecond on at which they have flowed in completely, not
      later. It makes no difference how often anybody looked in between.
    - ``reserve`` and ``wait`` take their tokens at once, even if these have yet to flow in. Those that have
      to wait form a queue in the order of taking, and as long as it is not empty ``allow`` is refused:
      nobody overtakes.
    - Whoever leaves the queue, by ``cancel`` or because its ctx ended, gives all its tokens back, as though
      it had never been there. All those behind it move up by the time that these tokens take to flow in;
      those that have nothing left to wait for are granted theirs now.
    - A refused or failed call changes nothing.
    - If the clock should step back, no time passes until it has caught up: no token comes or goes by that.
    - Nothing polls: a blocked call wakes when its tokens are there, when it moves up, or when its ctx ends.
    """

    def __init__(self, capacity: int, refill_rate: float) -> None:
        """Make a full bucket.

        Args:
            capacity: tokens it can hold, at least 1.
            refill_rate: tokens per second, above 0. A float is taken for the decimal number it prints as:
                0.1 is one tenth, exactly.

        Raises:
            TypeError: ``capacity`` is not an int, or ``refill_rate`` is not a number; a bool is neither.
            ValueError: either is zero or negative, or ``refill_rate`` is NaN or infinite.
        """
        _check_count("capacity", capacity)
        _check_rate(refill_rate)
        # Tokens are counted in grains, so small that a token is a whole number of them and every nanosecond
        # brings a whole number of them. So all that follows is integers, which neither round nor drift.
        rate = Fraction(str(refill_rate))
        self._grains_per_nanosecond = rate.numerator
        self._grains_per_token = rate.denominator * 10**9
        self._capacity = capacity * self._grains_per_token
        # The level of the bucket is the difference of two counters: what has flowed in so far, and what is
        # gone, taken or spilled. The first is just a clock, so there is no refill to be done too often.
        self._supplied = time.monotonic_ns() * self._grains_per_nanosecond
        self._spent = self._supplied - self._capacity
        # Claims whose tokens have yet to flow in, in the order of taking, which is that of being due.
        self._pending: deque[_Claim] = deque()
        self._lock = threading.Lock()

    def allow(self, n: int = 1) -> bool:
        """Take ``n`` tokens if they are there; never block.

        Args:
            n: how many, at least 1.

        Returns:
            True if they were taken. False, with nothing changed, if there are not enough; always so if
            ``n`` is above the capacity.

        Raises:
            TypeError: ``n`` is not an int, or is a bool.
            ValueError: ``n`` is less than 1.
        """
        _check_count("n", n)
        cost = n * self._grains_per_token
        with self._lock:
            self._refill()
            if self._supplied - self._spent < cost:
                return False
            self._spent += cost
            return True

    def tokens(self) -> float:
        """Tell how many tokens are there now, parts of a token included; this takes none.

        Returns:
            At most the capacity. Below zero as long as anybody is queued: by how many tokens have been
            taken that have yet to flow in.
        """
        with self._lock:
            self._refill()
            return (self._supplied - self._spent) / self._grains_per_token

    def reserve(self, n: int = 1) -> Reservation:
        """Take ``n`` tokens now, and tell when they may be used; never block.

        Args:
            n: how many, at least 1.

        Returns:
            A reservation. If ``n`` is above the capacity it is not ``ok``: it has taken nothing, its
            ``delay`` is ``math.inf`` and its ``cancel()`` does nothing. Otherwise:

            - ``delay`` is the time from now, whenever it is read, until the tokens may be used. It runs
              down with the time, and drops when someone earlier in the queue leaves. At 0.0 the tokens
              count as used, also if it was 0.0 from the start.
            - ``cancel()`` gives all ``n`` tokens back if ``delay`` is above 0.0 and lets those behind move
              up; from then on ``delay`` is ``math.inf``. If ``delay`` is 0.0, or on a second call, it does
              nothing.

        Raises:
            TypeError: ``n`` is not an int, or is a bool.
            ValueError: ``n`` is less than 1.
        """
        _check_count("n", n)
        cost = n * self._grains_per_token
        if cost > self._capacity:
            return Reservation(False, lambda: math.inf, lambda: None)
        claim = _Claim(cost)
        self._admit(claim, None)
        return Reservation(True, lambda: self._delay(claim), lambda: self._withdraw(claim))

    def wait(self, n: int = 1, timeout: float | None = None, ctx: Context | None = None) -> None:
        """Take ``n`` tokens, and block until they are there.

        A wait that cannot end in time, as the queue stands now, fails at once instead of blocking in vain.

        Args:
            n: how many, at least 1 and at most the capacity.
            timeout: seconds to wait at most, counted from the call; None waits for ever, 0 tries once without
                blocking. Rounded to the nearest nanosecond. Tokens that come at the very instant are in time.
            ctx: gives up when this ends. One that is done before the call wins over tokens that are there;
                one that ends while this waits wins if the tokens are still to come at that instant, and if
                this call is blocked by then, its ``cancel()`` returns only after they have been given back.
                Tokens that come at the very instant of its end are granted.

        Raises:
            TypeError: ``n`` is not an int, or ``timeout`` neither a number nor None; a bool is neither.
            ValueError: ``n`` is less than 1 or above the capacity, or ``timeout`` is negative, NaN,
                infinite or above ``threading.TIMEOUT_MAX``. Bad arguments are reported before anything else
                is looked at.
            Cancelled, DeadlineExceeded: ``ctx`` has ended, before the call or while this waited.
            TimeoutError: the tokens would come after the timeout, or after the deadline of ``ctx``.
        """
        _check_count("n", n)
        _check_timeout(timeout)
        cost = n * self._grains_per_token
        if cost > self._capacity:
            raise ValueError(f"{n} tokens are more than the bucket can ever hold")
        latest = None if timeout is None else time.monotonic_ns() + round(timeout * 10**9)
        if ctx is not None:
            ctx.raise_if_done()
            if ctx.deadline is not None:
                end = round(ctx.deadline * 10**9)
                latest = end if latest is None else min(latest, end)
        claim = _Claim(cost)
        if not self._admit(claim, latest):
            raise TimeoutError(f"{n} tokens would come too late, after the timeout or the deadline")
        unregister = None
        try:
            # The callback itself takes the claim out of the queue: if it just woke this thread to do so, that
            # might get to run only after the tokens have come. Registered after the claim was admitted: a
            # cancel that came before would find nothing to take out. Registered outside the lock, which the
            # callback takes.
            if ctx is not None:
                unregister = ctx.on_done(lambda: self._withdraw(claim))
            # As a rule, one wait of exactly the right length. Another one if the claim has moved up.
            while 0 < (delay := self._delay(claim)) < math.inf:
                claim.moved.wait(min(delay, threading.TIMEOUT_MAX))
                claim.moved.clear()
        except BaseException:
            self._withdraw(claim)  # an interrupted caller will not use what it has taken
            raise
        finally:
            if unregister is not None:
                unregister()
        if ctx is not None and claim.withdrawn:
            ctx.raise_if_done()

    def _admit(self, claim: _Claim, latest: int | None) -> bool:
        """Take the claim's tokens; refuse if they come after ``latest``, an instant in nanoseconds."""
        with self._lock:
            self._refill()
            due = self._spent + claim.cost
            # Tokens that are there are in time even if the clock has moved past ``latest`` during the call.
            if latest is not None and due > max(self._supplied, latest * self._grains_per_nanosecond):
                return False
            self._spent = claim.due = due
            if due > self._supplied:
                self._pending.append(claim)
            return True

    def _withdraw(self, claim: _Claim) -> None:
        with self._lock:
            self._refill()
            # Nothing comes back twice, and nothing that may have been used: that would mint tokens.
            if claim.withdrawn or claim.due <= self._supplied:
                return
            claim.withdrawn = True
            claim.moved.set()
            self._spent -= claim.cost
            place = self._pending.index(claim)
            del self._pending[place]
            for behind in islice(self._pending, place, None):
                behind.due -= claim.cost
                behind.moved.set()

    def _delay(self, claim: _Claim) -> float:
        with self._lock:
            self._refill()
            if claim.withdrawn:
                return math.inf
            missing = max(0, claim.due - self._supplied)
            # Rounded up: in the nanosecond before, a part of a token would still be missing.
            return -(-missing // self._grains_per_nanosecond) / 10**9

    # Called with the lock held.
    def _refill(self) -> None:
        supplied = time.monotonic_ns() * self._grains_per_nanosecond
        if supplied > self._supplied:  # unless the clock has stepped back
            self._supplied = supplied
        if self._supplied - self._spent > self._capacity:
            self._spent = self._supplied - self._capacity  # what does not fit spills over
        while self._pending and self._pending[0].due <= self._supplied:
            self._pending.popleft()


class _Claim:
    """Tokens taken by one reserve or wait: usable once the bucket has been supplied with ``due`` grains."""

    __slots__ = ("cost", "due", "moved", "withdrawn")

    def __init__(self, cost: int) -> None:
        self.cost = cost
        self.due = 0
        self.withdrawn = False
        self.moved = threading.Event()  # set whenever its delay is no longer what it was


def _check_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, not {value}")


def _check_rate(rate: float) -> None:
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        raise TypeError(f"refill_rate must be a number of tokens per second, not {rate!r}")
    if not 0 < rate < math.inf:  # false for NaN as well
        raise ValueError(f"refill_rate must be finite and above 0, not {rate!r}")


def _check_timeout(timeout: float | None) -> None:
    if timeout is None:
        return
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout must be a number of seconds or None, not {timeout!r}")
    if not 0 <= timeout <= threading.TIMEOUT_MAX:  # false for NaN as well
        raise ValueError(f"timeout must be finite and not negative, not {timeout!r}")


def main() -> None:
    """Empty a bucket of 100 tokens in one burst, then live on the 10 tokens a second that flow in."""
    limiter = TokenBucketRateLimiter(capacity=100, refill_rate=10)
    began = time.monotonic()

    def report(text: str) -> None:
        print(f"{time.monotonic() - began:5.2f} s  {text}")

    allowed = sum(limiter.allow() for _ in range(120))
    report(f"a burst of 120 requests: {allowed} allowed, {120 - allowed} refused")
    for number in range(1, 6):
        limiter.wait()
        report(f"waited for token {number}")
    big, small = limiter.reserve(50), limiter.reserve(5)
    report(f"reserved 50 tokens, to be used in {big.delay:.2f} s, and 5 tokens, in {small.delay:.2f} s")
    big.cancel()
    report(f"gave the 50 back: the 5 behind them have moved up, to be used in {small.delay:.2f} s")
    try:
        limiter.wait(20, timeout=1.0)
    except TimeoutError as error:
        report(f"asked for 20 within a second: {error}")
    limiter.wait(5)
    report(f"waited for 5 more behind those; {limiter.tokens():.2f} tokens are left")


if __name__ == "__main__":
    main()
