"""Sliding window, solved differently: a ring of the last ``limit`` grants that is never cleared up, and one
condition for all.

The ring is full from the start, with instants long past. An event may happen when the one ``limit`` places
before it has left the window; so n events may happen when the n-th oldest entry of the ring has, and there is
nothing to evict and nothing to count.
"""

from __future__ import annotations

import math
import threading
import time
from bisect import bisect_right
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..concurrency.context import Context

SECOND = 10**9  # all instants are in nanoseconds


class _Waiter:
    """A call of ``wait`` that has to wait."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.due = 0
        self.state = "queued"  # later "granted" or "gone"


class SlidingWindowRateLimiter:
    """At most ``limit`` events in any ``window`` seconds, wherever these begin."""

    def __init__(self, limit: int, window: float) -> None:
        _check_count("limit", limit)
        _check_number("window", window)
        if not 0 < window <= threading.TIMEOUT_MAX:
            raise ValueError(f"window is above 0 and finite, not {window!r}")
        self._limit = limit
        self._window = max(1, round(window * SECOND))
        self._latest = time.monotonic_ns()
        self._ring = deque([self._latest - self._window] * limit, maxlen=limit)
        self._line: list[_Waiter] = []
        self._changed = threading.Condition(threading.Lock())  # guards all above; the line has moved up

    def allow(self, n: int = 1) -> bool:
        """Grant ``n`` events if the window has room for all of them; never block."""
        _check_count("n", n)
        with self._changed:
            now = self._look()
            if self._line or n > self._limit or self._ring[n - 1] + self._window > now:
                return False
            self._ring.extend([now] * n)
            return True

    @property
    def remaining(self) -> int:
        """The largest ``n`` for which ``allow(n)`` would return True at this instant, 0 if there is none."""
        with self._changed:
            gone = self._look() - self._window
            return 0 if self._line else bisect_right(self._ring, gone)

    @property
    def reset_after(self) -> float:
        """Seconds until the oldest event in the window leaves it, 0.0 if the window is empty."""
        with self._changed:
            now = self._look()
            place = bisect_right(self._ring, now - self._window)
            return 0.0 if place == self._limit else (self._ring[place] + self._window - now) / SECOND

    def wait(self, n: int = 1, timeout: float | None = None, ctx: Context | None = None) -> None:
        """Grant ``n`` events, and block until the window has room for all of them."""
        _check_count("n", n)
        if n > self._limit:
            raise ValueError(f"{n} events never fit into a window of {self._limit}")
        until = math.inf
        if timeout is not None:
            _check_number("timeout", timeout)
            if not 0 <= timeout <= threading.TIMEOUT_MAX:
                raise ValueError(f"a timeout is finite and not negative, not {timeout!r}")
            until = time.monotonic_ns() + round(timeout * SECOND)
        waiter = _Waiter(n)
        if ctx is None:
            self._sleep(waiter, until)
            return
        ctx.raise_if_done()
        if ctx.deadline is not None:
            until = min(until, round(ctx.deadline * SECOND))
        unregister = ctx.on_done(lambda: self._leave(waiter))
        try:
            self._sleep(waiter, until)
        finally:
            unregister()
        if waiter.state == "gone":
            ctx.raise_if_done()

    def _sleep(self, waiter: _Waiter, until: float) -> None:
        """Join the line and stay until granted or gone, unless the grant would come after ``until``."""
        try:
            with self._changed:
                now = self._look()
                if waiter.state == "gone":
                    return
                self._line.append(waiter)
                self._plan(now)
                if now < waiter.due > until:
                    raise TimeoutError(f"there is room {(waiter.due - until) / SECOND} s too late")
                self._look()
                while waiter.state == "queued":
                    pause = (waiter.due - time.monotonic_ns()) / SECOND
                    self._changed.wait(min(pause, threading.TIMEOUT_MAX))
                    self._look()
        except BaseException:
            self._leave(waiter)
            raise

    def _leave(self, waiter: _Waiter) -> None:
        """Take a waiter out of the line, unless it has been granted; it may not have joined it yet."""
        with self._changed:
            now = self._look()
            if waiter.state == "queued":
                waiter.state = "gone"
                if waiter in self._line:
                    self._line.remove(waiter)
                    self._plan(now)
                    self._changed.notify_all()

    # Below, the lock is held.

    def _look(self) -> int:
        """Look at the clock, and write into the ring what has been granted by then."""
        self._latest = max(self._latest, time.monotonic_ns())
        while self._line and self._line[0].due <= self._latest:
            waiter = self._line.pop(0)
            waiter.state = "granted"
            self._ring.extend([waiter.due] * waiter.n)
        return self._latest

    def _plan(self, now: int) -> None:
        """Play through on a copy of the ring when each in the line is due."""
        ring = self._ring.copy()
        for waiter in self._line:
            now = waiter.due = max(now, ring[waiter.n - 1] + self._window)
            ring.extend([now] * waiter.n)


def _check_count(name: str, value: int) -> None:
    if type(value) is not int:
        raise TypeError(f"{name} is an int, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} is at least 1, not {value}")


def _check_number(name: str, value: float) -> None:
    if type(value) not in (int, float):
        raise TypeError(f"{name} is a number of seconds, not {value!r}")
