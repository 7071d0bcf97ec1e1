"""Sliding window: a rate limiter that never lets more than so many events into any window of time.

Durations are seconds, given as int or float, and rounded to the nearest nanosecond. Every method may be called
from any thread. Time is that of ``time.monotonic_ns()``, and all arithmetic is exact to the nanosecond: an
event leaves the window at one certain instant. Sums and differences of floats miss it now and then (to a
float, 1000.4 - 1000.1 is less than 0.3); integers do not.

A ``ctx`` is a context of the kata of that name; without one a call just cannot be cancelled. What you need:

- ``ctx.raise_if_done()`` raises ``Cancelled`` or ``DeadlineExceeded`` if it has ended, else does nothing.
- ``ctx.deadline`` is the instant of ``time.monotonic()`` at which it ends at the latest, None without one.
- ``ctx.on_done(fn)`` has ``fn()`` called once when it ends, and returns ``unregister``, a function that takes
  this back. On a context that is done it calls ``fn`` at once, in your thread; otherwise ``fn`` runs in the
  thread that cancels, or in a timer's thread at the deadline. If your ``fn`` takes your lock, call neither
  ``on_done`` nor ``unregister`` while you hold that lock, unless you know why it is safe.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..concurrency.context import Context


class SlidingWindowRateLimiter:
    """At most ``limit`` events in any ``window`` seconds, wherever these begin.

        limiter = SlidingWindowRateLimiter(limit=100, window=60)
        if limiter.allow(): handle(request)

    Rules that hold for every method:

    - The window at the instant t is (t - window, t]: an event exactly ``window`` old has left it. It is empty
      at first, and never holds more than ``limit`` events.
    - ``allow(n)`` and ``wait(n)`` are granted as a whole: n events at one instant, which leave together. Those
      of ``allow`` happen when it returns True, those of ``wait`` when there is room for all of them, even if
      the thread that waits for them gets to run later.
    - Calls of ``wait`` that have to wait form a queue in the order of their coming. The first is granted at
      the first instant at which there is room for all its events, then the next, and so on; those that have
      room at the same instant are all granted at that instant. As long as the queue is not empty ``allow``
      is refused, even where there is room: nobody overtakes.
    - Whoever leaves the queue because its ctx ended leaves no trace, as though it had never been there. Those
      behind it move up, and those that have nothing left to wait for are granted now.
    - A refused or failed call changes nothing: only what was granted is an event.
    - If the clock should step back, no time passes until it has caught up: no event comes or goes by that.
    - Nothing polls: a blocked call wakes when it is granted, when it moves up, or when its ctx ends.
    - What is kept is at most one entry for each event in the window and for each call in the queue, however
      many calls were granted or refused before.
    """

    def __init__(self, limit: int, window: float) -> None:
        """Begin with an empty window.

        Args:
            limit: events that a window can hold, at least 1.
            window: its length in seconds, above 0. Rounded to the nearest nanosecond, but never to none:
                0.1 * 3 makes the same window as 0.3.

        Raises:
            TypeError: ``limit`` is not an int, or ``window`` is not a number; a bool is neither.
            ValueError: either is zero or negative, or ``window`` is NaN, infinite or above
                ``threading.TIMEOUT_MAX``.
        """
        _check_count("limit", limit)
        _check_window(window)
        self._limit = limit
        self._window = max(1, round(window * 10**9))
        self._room = limit  # how many more events the window could take
        # The events in the window, the oldest first: when they leave it, and how many leave together.
        self._events: deque[tuple[int, int]] = deque()
        # Claims that are not granted yet, in the order of their coming, which is that of being due.
        self._queue: deque[_Claim] = deque()
        self._now = time.monotonic_ns()
        self._lock = threading.Lock()

    def allow(self, n: int = 1) -> bool:
        """Grant ``n`` events if the window has room for all of them; never block.

        Args:
            n: how many, at least 1.

        Returns:
            True if they were granted. False, with nothing changed, if there is not enough room or somebody
            is queued; always so if ``n`` is above the limit.

        Raises:
            TypeError: ``n`` is not an int, or is a bool.
            ValueError: ``n`` is less than 1.
        """
        _check_count("n", n)
        with self._lock:
            now = self._advance()
            if self._queue or n > self._room:
                return False
            self._record(now, n)
            return True

    @property
    def remaining(self) -> int:
        """The largest ``n`` for which ``allow(n)`` would return True at this instant, 0 if there is none.

        So it is 0 as long as anybody is queued. Reading it changes nothing.
        """
        with self._lock:
            self._advance()
            return 0 if self._queue else self._room

    @property
    def reset_after(self) -> float:
        """Seconds until the oldest event in the window leaves it, 0.0 if the window is empty.

        It is not the newest event that counts: room for more is made by the oldest, and ``remaining`` grows
        at that instant by the events that leave with it, unless somebody is queued for the room. Calls in
        the queue are no events yet. Reading it changes nothing.
        """
        with self._lock:
            now = self._advance()
            return (self._events[0][0] - now) / 10**9 if self._events else 0.0

    def wait(self, n: int = 1, timeout: float | None = None, ctx: Context | None = None) -> None:
        """Grant ``n`` events, and block until the window has room for all of them.

        A wait that cannot end in time, as the queue stands now, fails at once instead of blocking in vain.

        Args:
            n: how many, at least 1 and at most the limit.
            timeout: seconds to wait at most, counted from the call; None waits for ever, 0 tries once without
                blocking. Rounded to the nearest nanosecond. Room that is made at the very instant is in time.
            ctx: gives up when this ends. One that is done before the call wins over room that is there; one
                that ends while this waits wins if the room is still to be made at that instant, and if this
                call is blocked by then, its ``cancel()`` returns only after the queue has been left. A wait
                that is due at the very instant of its end is granted. Its deadline is rounded like a timeout.

        Raises:
            TypeError: ``n`` is not an int, or ``timeout`` neither a number nor None; a bool is neither.
            ValueError: ``n`` is less than 1 or above the limit, or ``timeout`` is negative, NaN, infinite or
                above ``threading.TIMEOUT_MAX``. Bad arguments are reported before anything else is looked at.
            Cancelled, DeadlineExceeded: ``ctx`` has ended, before the call or while this waited.
            TimeoutError: the room would be made after the timeout, or after the deadline of ``ctx``.
        """
        _check_count("n", n)
        _check_timeout(timeout)
        if n > self._limit:
            raise ValueError(f"{n} events are more than the window can ever hold")
        latest = None if timeout is None else time.monotonic_ns() + round(timeout * 10**9)
        if ctx is not None:
            ctx.raise_if_done()
            if ctx.deadline is not None:
                end = round(ctx.deadline * 10**9)
                latest = end if latest is None else min(latest, end)
        claim = self._claim(n, latest)
        if claim is None:
            return
        unregister = None
        try:
            # The callback itself takes the claim out of the queue: if it just woke this thread to do so, that
            # might get to run only after the claim has been granted. Registered after the claim was queued: a
            # cancel that came before would find nothing to take out. Registered outside the lock, which the
            # callback takes.
            if ctx is not None:
                unregister = ctx.on_done(lambda: self._withdraw(claim))
            # As a rule, one wait of exactly the right length. Another one if the claim has moved up.
            while (left := self._time_left(claim)) > 0:
                claim.moved.wait(min(left / 10**9, threading.TIMEOUT_MAX))
        except BaseException:
            self._withdraw(claim)  # an interrupted caller must not hold up those behind it
            raise
        finally:
            if unregister is not None:
                unregister()
        if ctx is not None and claim.withdrawn:
            ctx.raise_if_done()

    def _claim(self, n: int, latest: int | None) -> _Claim | None:
        """Grant at once if possible, else join the queue; refuse if the claim is due after ``latest``."""
        with self._lock:
            now = self._advance()
            # Room that is there is in time even if the clock has moved past ``latest`` during the call.
            if not self._queue and n <= self._room:
                self._record(now, n)
                return None
            claim = _Claim(n)
            self._queue.append(claim)
            self._schedule(now)
            if latest is not None and claim.due > latest:
                self._queue.pop()
                raise TimeoutError(f"room for {n} would be made too late, after the timeout or the deadline")
            return claim

    def _withdraw(self, claim: _Claim) -> None:
        with self._lock:
            now = self._advance()
            # What was granted stays an event: its owner may be under way already.
            if claim.withdrawn or claim.due <= now:
                return
            claim.withdrawn = True
            claim.moved.set()
            self._queue.remove(claim)
            self._schedule(now)

    def _time_left(self, claim: _Claim) -> int:
        """Nanoseconds until the claim is granted; none once it was, or was withdrawn."""
        with self._lock:
            claim.moved.clear()  # before the look at what may change, so that no change goes unheard
            # Asked under the lock: else the claim might come due here after somebody has found that it is not,
            # and while he is still withdrawing it.
            now = self._advance()
            if claim.withdrawn or claim.due <= now:
                return 0
            # Not from ``now``: a clock that has stepped back has that much more to go.
            return max(1, claim.due - time.monotonic_ns())

    # Called with the lock held.

    def _advance(self) -> int:
        """Look at the clock, make events of the claims that are due, and forget those that left the window."""
        now = self._now = max(self._now, time.monotonic_ns())
        while self._queue and self._queue[0].due <= now:
            claim = self._queue.popleft()
            self._record(claim.due, claim.count)  # at the instant it was due, however late this is noticed
        while self._events and self._events[0][0] <= now:
            self._room += self._events.popleft()[1]
        return now

    def _record(self, at: int, count: int) -> None:
        self._events.append((at + self._window, count))
        self._room -= count

    def _schedule(self, now: int) -> None:
        """Work out when each claim in the queue is due.

        All is known that it depends on: who is granted when decides who leaves when. So each claim uses up
        the room that those before it leave, and where that does not suffice it waits until as many events
        have left as it takes, first those in the window and then those of the claims before it.
        """
        leaving = chain(self._events, ((claim.due + self._window, claim.count) for claim in self._queue))
        room, due = self._room, now
        for claim in self._queue:
            room -= claim.count
            while room < 0:
                due, count = next(leaving)
                room += count
            if claim.due != due:
                claim.due = due
                claim.moved.set()


class _Claim:
    """A call that waits for ``count`` events, to be granted at the instant ``due``, in nanoseconds."""

    __slots__ = ("count", "due", "moved", "withdrawn")

    def __init__(self, count: int) -> None:
        self.count = count
        self.due = 0
        self.withdrawn = False
        self.moved = threading.Event()  # set whenever it is due at another instant, or never


def _check_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, not {value}")


def _check_window(window: float) -> None:
    if isinstance(window, bool) or not isinstance(window, int | float):
        raise TypeError(f"window must be a number of seconds, not {window!r}")
    if not 0 < window <= threading.TIMEOUT_MAX:  # false for NaN as well
        raise ValueError(f"window must be finite and above 0, not {window!r}")


def _check_timeout(timeout: float | None) -> None:
    if timeout is None:
        return
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout must be a number of seconds or None, not {timeout!r}")
    if not 0 <= timeout <= threading.TIMEOUT_MAX:  # false for NaN as well
        raise ValueError(f"timeout must be finite and not negative, not {timeout!r}")


def main() -> None:
    """Ask more often than a window of three events in a fifth of a second allows."""
    limiter = SlidingWindowRateLimiter(limit=3, window=0.2)
    began = time.monotonic()

    def report(text: str) -> None:
        print(f"{time.monotonic() - began:5.2f} s  {text}")

    for pause in (0.0, 0.05, 0.05, 0.05):
        time.sleep(pause)
        answer = "allowed" if limiter.allow() else "refused"
        report(f"{answer}; room for {limiter.remaining}, more in {limiter.reset_after:.2f} s")
    for number in range(1, 5):
        limiter.wait()
        report(f"waited for event {number}, which comes 0.2 s after the third before it")
    try:
        limiter.wait(3, timeout=0.1)
    except TimeoutError as error:
        report(f"asked for 3 within 0.1 s: {error}")
    limiter.wait(3)
    report(f"waited for 3 at once; room for {limiter.remaining}, more in {limiter.reset_after:.2f} s")


if __name__ == "__main__":
    main()
