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

import time
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
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

    @property
    def remaining(self) -> int:
        """The largest ``n`` for which ``allow(n)`` would return True at this instant, 0 if there is none.

        So it is 0 as long as anybody is queued. Reading it changes nothing.
        """
        # TODO: your code here
        raise NotImplementedError

    @property
    def reset_after(self) -> float:
        """Seconds until the oldest event in the window leaves it, 0.0 if the window is empty.

        It is not the newest event that counts: room for more is made by the oldest, and ``remaining`` grows
        at that instant by the events that leave with it, unless somebody is queued for the room. Calls in
        the queue are no events yet. Reading it changes nothing.
        """
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError


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
