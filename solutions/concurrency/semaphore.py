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
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
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
        _check_int("permits", permits)
        if permits < 1:
            raise ValueError(f"permits must be at least 1, not {permits}")
        self._permits = permits
        self._available = permits
        self._lock = threading.Lock()
        # In order of arrival. Not a deque: giving up takes a waiter out of the middle.
        self._queue: OrderedDict[_Waiter, None] = OrderedDict()

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
        self._check_weight(weight)
        _check_timeout(timeout)
        deadline = None if timeout is None else time.monotonic() + timeout
        if ctx is not None:
            ctx.raise_if_done()
        with self._lock:
            if self._take(weight):
                return
            if timeout == 0:
                raise TimeoutError(f"no {weight} permits to be had at once")
            waiter = _Waiter(weight)
            self._queue[waiter] = None
        unregister = None
        try:
            # Registered after joining the queue: a cancel that came before would find nobody to take out.
            # Registered outside the lock: on a context that has just ended this calls back at once.
            if ctx is not None:
                unregister = ctx.on_done(lambda: self._leave(waiter))
            waiter.woken.acquire(timeout=-1 if deadline is None else max(0.0, deadline - time.monotonic()))
        except BaseException:
            # An interrupted caller will never release: what it may have been granted goes to the next.
            if self._leave(waiter):
                self.release(weight)
            raise
        finally:
            if unregister is not None:
                unregister()
        # Permits first, reasons to give up second: they may have come between the timeout or the cancel and
        # this line, and a call that raised now would take them along.
        if self._leave(waiter):
            return
        if ctx is not None:
            ctx.raise_if_done()
        raise TimeoutError(f"{weight} permits were not granted within {timeout} seconds")

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
        self._check_weight(weight)
        with self._lock:
            return self._take(weight)

    def release(self, weight: int = 1) -> None:
        """Give ``weight`` permits back and serve the queue, as far as they go; never block.

        The number need not be the one that was acquired: permits may come back in parts.

        Args:
            weight: how many, from 1 to ``permits``.

        Raises:
            TypeError: ``weight`` is not an int, or is a bool.
            ValueError: it is out of range, or more than are held; nothing changes then.
        """
        self._check_weight(weight)
        with self._lock:
            if self._available + weight > self._permits:
                held = self._permits - self._available
                raise ValueError(f"cannot release {weight} permits: only {held} are held")
            self._available += weight
            self._serve()

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
        self._check_weight(weight)
        _check_timeout(timeout)
        return self._holding(weight, timeout, ctx)

    @property
    def available(self) -> int:
        """How many permits nobody holds; some may be free although callers wait, if the head needs more."""
        with self._lock:
            return self._available

    @contextmanager
    def _holding(self, weight: int, timeout: float | None, ctx: Context | None) -> Iterator[None]:
        self.acquire(weight, timeout, ctx)
        try:
            yield
        finally:
            self.release(weight)

    # The next two are called with the lock held.

    def _take(self, weight: int) -> bool:
        if self._queue or weight > self._available:  # a queue is never overtaken: a heavy head would starve
            return False
        self._available -= weight
        return True

    def _serve(self) -> None:
        while self._queue:
            head = next(iter(self._queue))
            if head.weight > self._available:
                return
            del self._queue[head]
            # Deducted on the waiter's behalf, here and not when it wakes: until then a newcomer could
            # snatch the permits.
            self._available -= head.weight
            head.granted = True
            head.woken.release()

    def _leave(self, waiter: _Waiter) -> bool:
        """Take a waiter out of the queue, if it is still there; tell whether it was granted its permits."""
        with self._lock:
            if waiter in self._queue:
                del self._queue[waiter]
                waiter.woken.release()
                self._serve()  # a head that was too heavy may have kept back some who are not
            return waiter.granted

    def _check_weight(self, weight: int) -> None:
        _check_int("weight", weight)
        if not 1 <= weight <= self._permits:
            raise ValueError(f"weight must be from 1 to {self._permits}, not {weight}")


class _Waiter:
    """One blocked acquire; ``granted`` is set under the semaphore's lock, and only before ``woken`` is released.

    That happens once, by whoever takes the waiter out of the queue, so a plain lock does for what would take an
    Event else.
    """

    __slots__ = ("granted", "weight", "woken")

    def __init__(self, weight: int) -> None:
        self.weight = weight
        self.granted = False
        self.woken = threading.Lock()
        self.woken.acquire()


def _check_int(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {value!r}")


def _check_timeout(timeout: float | None) -> None:
    if timeout is None:
        return
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout must be a number of seconds or None, not {timeout!r}")
    if not 0 <= timeout <= threading.TIMEOUT_MAX:  # false for NaN as well
        raise ValueError(f"timeout must be finite and not negative, not {timeout!r}")


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
