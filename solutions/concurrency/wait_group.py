"""Wait group: wait until a number of tasks has ended, although tasks are still being added.

Durations are seconds, given as int or float. Every method may be called from any thread.

A ``ctx`` is a context of the kata of that name; without one a call cannot be cancelled. What you need of it:

- ``ctx.raise_if_done()`` raises ``Cancelled`` or ``DeadlineExceeded`` if it has ended, or else does nothing.
- ``ctx.on_done(fn)`` has ``fn()`` called once when it ends, and returns ``unregister``, a function that takes
  this back. On a context that is done it calls ``fn`` at once, in your thread; otherwise ``fn`` runs in the
  thread that cancels, or in a timer's thread at the deadline. If your ``fn`` takes your lock, call neither
  ``on_done`` nor ``unregister`` while you hold that lock, unless you know why it cannot deadlock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import Context


class WaitGroup:
    """A counter of unfinished tasks, and a way to wait until it is 0.

        group = WaitGroup()
        for url in urls: group.go(fetch, url)
        group.wait(timeout=5.0)

    Rules that hold for every method:

    - The count begins at 0 and is never below. A change of it is one step: no two get mixed up, whatever
      the threads they come from.
    - At the moment at which the count comes to 0, every call of ``wait`` that is blocked then is released,
      and it stays released: it returns although the count may have been raised again before its thread gets
      to run. A call that begins after such a raise waits for the next time that the count is 0.
    - So the group can be used again, any number of times, and tasks may add further tasks. Count a task
      before those that it belongs to have all ended, or nobody waits for it.
    - A call that fails changes nothing. One that is over, however it ended, has nothing registered with its
      ctx any more.
    - Nothing polls: a blocked call wakes when it is released, when its ctx ends, or when its timeout runs out.
    """

    def __init__(self) -> None:
        """Make a group with a count of 0."""
        self._count = 0
        self._lock = threading.Lock()
        # One event for each blocked call. An event for all would have to be cleared for the next round, and a
        # condition would have to be asked for the count: either misses a 0 that does not last.
        self._blocked: dict[threading.Event, None] = {}

    def add(self, n: int = 1) -> None:
        """Change the count by ``n``; never block. If that brings it to 0, release every blocked ``wait``.

        Args:
            n: how many tasks more there are; negative if there are fewer, and 0 changes nothing.

        Raises:
            TypeError: ``n`` is not an int, or is a bool.
            ValueError: the count would be below 0; nothing changes then.
        """
        if isinstance(n, bool) or not isinstance(n, int):
            raise TypeError(f"n must be an int, not {n!r}")
        with self._lock:
            count = self._count + n
            if count < 0:
                raise ValueError(f"cannot change a count of {self._count} by {n}")
            self._count = count
            if count == 0 and self._blocked:
                # Taken out here and not by those who wake: who is still in is not released. And not after the
                # lock is free: by then somebody may have come who has to wait for the next time.
                released, self._blocked = self._blocked, {}
                for woken in released:
                    woken.set()

    def done(self) -> None:
        """Count one task as ended: the same as ``add(-1)``.

        Raises:
            ValueError: the count is 0; nothing changes then.
        """
        self.add(-1)

    def go(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        """Run ``fn(*args, **kwargs)`` as a task on a thread of its own; do not wait for it.

        The task is counted before its thread is started, so it is waited for from the moment at which ``go``
        returns, and it is counted as ended when ``fn`` has returned or raised, whatever it raised. What it
        returns is dropped. What it raises goes where it goes in every thread: to ``threading.excepthook``,
        which prints it, or ignores it if it is SystemExit.

        The thread is no daemon, even if the one that calls is: the interpreter does not exit before the task
        has ended.

        Args:
            fn: called once, with no lock held; it may use this group in any way.
            args, kwargs: handed on as they are; any name will do for a keyword, ``fn`` and ``self`` included.

        Raises:
            TypeError: ``fn`` is not callable; nothing is counted then.
            RuntimeError: the system gives no thread. The count is taken back first, and if that brings it to
                0 every blocked ``wait`` is released.
        """
        if not callable(fn):
            raise TypeError(f"fn must be callable, not {fn!r}")
        # Not in the new thread: wait() could be called before that gets to run, and find nothing to wait for.
        self.add()
        try:
            threading.Thread(target=self._run, args=(fn, args, kwargs), daemon=False).start()
        except Exception:
            # On an Exception there is no thread. An interrupt is something else: it strikes while start()
            # waits for the thread, which is on its way then and will count itself as ended.
            self.done()
            raise

    def wait(self, timeout: float | None = None, ctx: Context | None = None) -> None:
        """Block until the count is 0; return at once if it is.

        A call that has been released returns, even if its timeout runs out or its ctx ends before its thread
        gets to run.

        Args:
            timeout: seconds to wait at most, counted from the call; None waits for ever, 0 only looks.
            ctx: gives up when this ends. One that is done before the call wins over a count of 0.

        Raises:
            TypeError: ``timeout`` is neither a number nor None; a bool is no number.
            ValueError: it is negative, NaN, infinite or above ``threading.TIMEOUT_MAX``. Bad arguments are
                reported before anything else is looked at.
            Cancelled, DeadlineExceeded: ``ctx`` ended first. If it is done when the timeout runs out, this
                is what is raised.
            TimeoutError: the timeout ran out first.
        """
        _check_timeout(timeout)
        deadline = None if timeout is None else time.monotonic() + timeout
        if ctx is not None:
            ctx.raise_if_done()
        with self._lock:
            if self._count == 0:
                return
            if timeout == 0:
                raise TimeoutError(f"the count is {self._count}")
            # Looking and joining is one step: a 0 in between would be missed.
            woken = threading.Event()
            self._blocked[woken] = None
        unregister = None
        try:
            if ctx is not None:
                unregister = ctx.on_done(woken.set)
            woken.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
        finally:
            if unregister is not None:
                unregister()
            with self._lock:
                released = woken not in self._blocked
                self._blocked.pop(woken, None)
        # Released first, reasons to give up second: what ended meanwhile did so too late.
        if released:
            return
        if ctx is not None:
            ctx.raise_if_done()
        raise TimeoutError(f"the count did not come to 0 within {timeout} seconds")

    @property
    def count(self) -> int:
        """How many tasks have not ended; it may be another number by the time you look at it."""
        with self._lock:
            return self._count

    def _run(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        try:
            fn(*args, **kwargs)
        finally:
            self.done()


def _check_timeout(timeout: float | None) -> None:
    if timeout is None:
        return
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout must be a number of seconds or None, not {timeout!r}")
    if not 0 <= timeout <= threading.TIMEOUT_MAX:  # false for NaN as well
        raise ValueError(f"timeout must be finite and not negative, not {timeout!r}")


def main() -> None:
    """Walk a small tree of pages: each task starts those for the links it finds, and one call waits for all."""
    links = {"home": ["news", "shop"], "shop": ["cart", "help"], "news": ["archive"]}
    group = WaitGroup()
    began = time.monotonic()

    def report(text: str) -> None:
        print(f"{time.monotonic() - began:5.2f} s  {text}")

    def visit(page: str) -> None:
        time.sleep(0.1)
        for link in links.get(page, []):
            group.go(visit, link)
        report(f"visited {page}; {group.count} pages to come, this one included")

    group.go(visit, "home")
    try:
        group.wait(timeout=0.15)
    except TimeoutError as error:
        report(f"no longer patient: {error}")
    group.wait()
    report(f"all visited, {group.count} pages to come: 6 pages of 0.1 s take 3 levels, not 6 pages")


if __name__ == "__main__":
    main()
