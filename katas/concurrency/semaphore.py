"""Semaphore: a number of permits that callers share, handed out strictly in the order of asking.

Durations are seconds, given as int or float. Every method may be called from any thread.

A ``ctx`` is a context of the kata of that name; without one a call cannot be cancelled. What you need of it:

- ``ctx.raise_if_done()`` raises ``Cancelled`` or ``DeadlineExceeded`` if it has ended, or else does nothing.
- ``ctx.on_done(fn)`` has ``fn()`` called once when it ends, and returns ``unregister``, a function that takes
  this back. On a context that is done it calls ``fn`` at once, in your thread; otherwise ``fn`` runs in the
  thread that cancels, or in a timer's thread at the deadline. As ``fn`` probably takes your lock, do not call
  ``on_done`` or ``unregister`` while you hold that lock, unless you know why it cannot deadlock.
- ``ctx.done``, ``ctx.error`` (None until it is done) and ``ctx.remaining()`` (seconds to its deadline, None
  without one) only look.
"""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .context import Context


class Semaphore:
    """A counting semaphore with weights and a strict first-come, first-served order.

        downloads = Semaphore(3)
        with downloads.hold(timeout=5.0): fetch(url)

    Rules that hold for every method:

    - Never are more than ``permits`` held at once.
    - Whoever has to wait joins one queue, and only the head of the queue is ever served. Nobody overtakes:
      as long as anybody waits, a newcomer waits too, even if there are permits enough for it. A caller that
      gives up leaves the queue, and those behind it that can be served now are served at once.
    - A call that fails changes nothing: it holds no permits and has left the queue.
    - No permit is lost: where a timeout, cancel or deadline meets the grant, a call either returns and holds
      its permits, or raises and holds none.
    - A call that is over, however it ended, has nothing registered with its ctx any more.
    - Permits belong to no thread: one may acquire and another release.
    - Nothing polls: a blocked call wakes when it is served, when its ctx ends, or when its timeout runs out.
    """

    def __init__(self, permits: int) -> None:
        """Make a semaphore with all permits free.

        Args:
            permits: how many there are, at least 1.

        Raises:
            TypeError: ``permits`` is not an int, or is a bool.
            ValueError: it is less than 1.
        """
        # TODO: your code here
        raise NotImplementedError

    def acquire(self, weight: int = 1, timeout: float | None = None, ctx: Context | None = None) -> None:
        """Take ``weight`` permits, all of them at once; wait for them if need be.

        Args:
            weight: how many, from 1 to ``permits``.
            timeout: seconds to wait at most, counted from the call; None waits for ever, 0 tries once
                without blocking, and without joining the queue.
            ctx: gives up when this ends. One that is done before the call wins over free permits.

        Raises:
            TypeError: ``weight`` is not an int, or ``timeout`` neither a number nor None; a bool is neither.
            ValueError: ``weight`` is out of range, or ``timeout`` is negative, NaN, infinite or above
                ``threading.TIMEOUT_MAX``. Bad arguments are reported before anything else is looked at.
            Cancelled, DeadlineExceeded: ``ctx`` ended first. If it is done when the timeout runs out, this
                is what is raised.
            TimeoutError: the timeout ran out first.
        """
        # TODO: your code here
        raise NotImplementedError

    def try_acquire(self, weight: int = 1) -> bool:
        """Take ``weight`` permits if that is possible at once; never block.

        Args:
            weight: how many, from 1 to ``permits``.

        Returns:
            True if they were taken; False, with nothing changed, if too few are free or anybody is waiting.

        Raises:
            TypeError: ``weight`` is not an int, or is a bool.
            ValueError: it is out of range.
        """
        # TODO: your code here
        raise NotImplementedError

    def release(self, weight: int = 1) -> None:
        """Give ``weight`` permits back and serve the queue, as far as they go; never block.

        The number need not be the one that was acquired: permits may come back in parts.

        Args:
            weight: how many, from 1 to ``permits``.

        Raises:
            TypeError: ``weight`` is not an int, or is a bool.
            ValueError: it is out of range, or more than are held; nothing changes then.
        """
        # TODO: your code here
        raise NotImplementedError

    def hold(
        self, weight: int = 1, timeout: float | None = None, ctx: Context | None = None
    ) -> AbstractContextManager[None]:
        """Make a context manager, for one use, that acquires on entry and releases on leaving the block.

        It releases however the block is left, and an exception goes on its way. If acquiring fails, the
        block is not entered and nothing is released.

        Args:
            weight, timeout, ctx: as for ``acquire``, which entering calls; the timeout counts from there.

        Returns:
            The context manager; ``as`` gives None.

        Raises:
            TypeError, ValueError: as ``acquire``, but already here, not on entry. Entering raises the other
                errors of ``acquire``.
        """
        # TODO: your code here
        raise NotImplementedError

    @property
    def available(self) -> int:
        """How many permits nobody holds; some may be free although callers wait, if the head needs more."""
        # TODO: your code here
        raise NotImplementedError


def main() -> None:
    """Run ten tasks of a tenth of a second each, three at a time."""
    semaphore = Semaphore(3)
    began = time.monotonic()

    def work(number: int) -> None:
        with semaphore.hold():
            print(f"{time.monotonic() - began:5.2f} s  task {number} starts, {semaphore.available} of 3 free")
            time.sleep(0.1)

    tasks = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    print(f"{time.monotonic() - began:5.2f} s  done: 10 tasks of 0.1 s take 4 rounds of 3, not 10 of 1")


if __name__ == "__main__":
    main()
