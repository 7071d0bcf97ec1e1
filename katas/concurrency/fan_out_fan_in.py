"""Fan-out, fan-in: several workers share the items of one input, and one consumer gets all their results.

A ``ctx`` is a context of the kata of that name; without one an iteration cannot be cancelled from outside.
What you need of it:

- ``ctx.raise_if_done()`` raises ``Cancelled`` or ``DeadlineExceeded`` if it has ended, or else does nothing.
- ``ctx.on_done(fn)`` has ``fn()`` called once when it ends, and returns ``unregister``, a function that takes
  this back. On a context that is done it calls ``fn`` at once, in your thread; otherwise ``fn`` runs in the
  thread that cancels, which may be one of your workers, or in a timer's thread at the deadline. As ``fn``
  probably takes your lock, do not call ``on_done`` or ``unregister`` while you hold that lock, unless you
  know why it cannot deadlock.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import Context


# --- given ---


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one item.

    Attributes:
        index: the item's place in the input, counted from 0.
        input: the item itself.
        output: what the function returned for it; None if it raised.
        error: the exception instance that the function raised, or None.
    """

    index: int
    input: Any
    output: Any
    error: Exception | None


# --- end of given ---


class FanOutFanIn:
    """Apply a function to the items of an input, which may be endless, on ``workers`` threads.

        fetcher = FanOutFanIn(workers=8)
        for result in fetcher.process(urls, fetch): print(result.input, result.output or result.error)

    One object may serve many calls of ``process``, one after another or at the same time, also from within a
    function that it runs: each call has workers of its own, and what happens in one does not reach another.
    """

    def __init__(self, workers: int, buffer: int | None = None) -> None:
        """Set the sizes; nothing is started.

        Args:
            workers: how many calls of the function may run at once, at least 1.
            buffer: how many items more than ``workers`` may be read ahead, at least 0; None stands for as
                many as ``workers``. A larger one keeps the workers busy for longer while the consumer is
                slow, or while the result that is next in order is.

        Raises:
            TypeError: ``workers`` is not an int, or ``buffer`` neither an int nor None; a bool is neither.
            ValueError: ``workers`` is less than 1, or ``buffer`` is negative.
        """
        # TODO: your code here
        raise NotImplementedError

    def process(
        self,
        items: Iterable[Any],
        fn: Callable[[Any], Any],
        ordered: bool = True,
        ctx: Context | None = None,
    ) -> Iterator[Result]:
        """Make an iterator over the results of ``fn(item)`` for all items; it has a ``close()`` too.

        Nothing happens before the first ``next()``: no item is read and no thread is started, so an iterator
        that is never used leaves nothing behind. It is for one thread at a time; to end it from another one,
        use ``ctx``.

        Results:

        - Each item that is read gives exactly one ``Result``. An ``Exception`` that ``fn`` raises, any kind
          of it, becomes the ``error`` of that item's result, and the others come all the same.
        - With ``ordered`` the results come in the order of the input, otherwise as they are completed, and
          one that may come is there at once. The consumer never waits for the input while there is one.
        - ``fn`` runs in worker threads, never more than ``workers`` calls at once, without any lock held.

        Input:

        - The input is read in threads other than the consumer's, by one of them at a time, and not read again
          once it has ended or raised.
        - Never have more than ``workers + buffer`` items been read whose results ``next()`` has not yet
          handed over. As long as there are fewer, a worker that is free takes the next item at once, no
          matter what the consumer does: n items of d seconds, with an input and a consumer that take no time,
          take exactly ceil(n / workers) * d.

        The iterator ends, and ``next()`` raises:

        - the error of ``ctx``, if that has ended: before anything else, whatever results are ready, and even
          if none would follow. A ``next()`` that waits is woken.
        - a ``BaseException`` that is no ``Exception``, such as KeyboardInterrupt or SystemExit, if ``fn`` or
          the input has raised one: the first of them, before results that are ready. It wakes ``next()`` too.
        - an ``Exception`` that the input has raised, after the results of all items read before it.
        - StopIteration, when the input has ended and all results have been handed over; and also at every
          later ``next()``, whichever way the iterator has ended.
        - the error of the system, if that refuses to start a thread.

        ``close()`` ends it too, and so does dropping the last reference to it, as ``break`` does, or an
        exception that leaves the loop. A second ``close()`` does nothing.

        Once the first ``next()`` was called, it ends like this, in whatever way it ends:

        - From the moment that it is closed, that its ctx ends, or that a BaseException is raised, no read of
          the input and no call of ``fn`` begins, even if the consumer does something else meanwhile. Those in
          progress are not interrupted, but what comes of them, an item, a result or an error, is dropped.
        - ``next()`` or ``close()`` waits for those in progress. When it returns or raises, all threads are
          gone, and nothing is registered with ctx any more.
        - If the input has not come to its end, and its iterator has a ``close`` method, as generators do, that
          has been called, once, and not before the last read was over. What it raises comes out.

        Args:
            items: the input: anything to iterate over.
            fn: called with one item.
            ordered: whether the results keep the order of the input.
            ctx: ends the iteration when it ends. This call does not look at it, ``next()`` does: if it is
                done before the first one, no item is read and no thread is started.

        Returns:
            The iterator.

        Raises:
            TypeError: ``items`` is not iterable, ``fn`` is not callable, or ``ordered`` is not a bool: here,
                not at the first ``next()``.
        """
        # TODO: your code here
        raise NotImplementedError


def main() -> None:
    """Take eight results of an endless input, in order and as they are completed."""

    def fetch(page: int) -> str:
        time.sleep(0.3 if page == 2 else 0.1)
        if page == 5:
            raise ConnectionError("connection reset")
        return f"page {page}"

    for ordered in (True, False):
        print(f"ordered={ordered}: 4 workers; a page takes 0.1 s, page 2 takes 0.3 s")
        began = time.monotonic()
        results = FanOutFanIn(workers=4).process(itertools.count(1), fetch, ordered)
        for result in itertools.islice(results, 8):
            print(f"{time.monotonic() - began:5.1f} s  {result.output or repr(result.error)}")
        working = threading.active_count() - 1
        del results
        print(f"         dropped: of {working} threads {threading.active_count() - 1} are left")


if __name__ == "__main__":
    main()
