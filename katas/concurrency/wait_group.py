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
        # TODO: your code here
        raise NotImplementedError

    def add(self, n: int = 1) -> None:
        """Change the count by ``n``; never block. If that brings it to 0, release every blocked ``wait``.

        Args:
            n: how many tasks more there are; negative if there are fewer, and 0 changes nothing.

        Raises:
            TypeError: ``n`` is not an int, or is a bool.
            ValueError: the count would be below 0; nothing changes then.
        """
        # TODO: your code here
        raise NotImplementedError

    def done(self) -> None:
        """Count one task as ended: the same as ``add(-1)``.

        Raises:
            ValueError: the count is 0; nothing changes then.
        """
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

    @property
    def count(self) -> int:
        """How many tasks have not ended; it may be another number by the time you look at it."""
        # TODO: your code here
        raise NotImplementedError


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
