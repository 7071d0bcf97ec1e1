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
        _check_int("workers", workers, 1)
        if buffer is not None:
            _check_int("buffer", buffer, 0)
        self._workers = workers
        self._limit = workers + (workers if buffer is None else buffer)

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
        if not callable(fn):
            raise TypeError(f"fn must be callable, not {fn!r}")
        if not isinstance(ordered, bool):
            raise TypeError(f"ordered must be a bool, not {ordered!r}")
        # The generator is another function: a yield in this one would put off even the checks.
        return _results(_Run(iter(items), fn, self._limit, ordered), self._workers, ctx)


def _results(run: _Run, workers: int, ctx: Context | None) -> Iterator[Result]:
    threads: list[threading.Thread] = []
    unregister = None
    try:
        if ctx is not None:
            ctx.raise_if_done()  # before anything is started
            unregister = ctx.on_done(run.stop)
        for number in range(1, workers + 1):
            # A daemon: an iterator that somebody forgot to close must not keep the process alive.
            thread = threading.Thread(target=run.work, name=f"worker-{number}", daemon=True)
            thread.start()
            threads.append(thread)
        while (result := run.take(ctx)) is not None:
            yield result
            del result  # it is the consumer's; the wait for the next must not keep it alive
    finally:
        # Runs when the iterator is closed or dropped, too. In this order: who waits for room would never
        # end, and a generator cannot be closed while a worker is in it.
        run.stop()
        if unregister is not None:
            unregister()
        for thread in threads:
            thread.join()
        run.close_input()


class _Run:
    """What the consumer and the workers of one iteration share.

    It knows nothing of the iterator that the consumer has. Otherwise the workers would keep that alive, and
    dropping it would never close it.
    """

    def __init__(self, items: Iterator[Any], fn: Callable[[Any], Any], limit: int, ordered: bool) -> None:
        self._items = items
        self._fn = fn
        self._limit = limit
        self._ordered = ordered
        self._reading = False  # a worker has the turn to read, and perhaps is in next(items)
        self._read = 0
        self._completed = 0
        self._handed_over = 0
        self._ready: dict[int, Result] = {}  # by their place in the order in which they are handed over
        self._ended = False  # the input: by itself or by an error
        self._input_error: Exception | None = None
        self._fatal: BaseException | None = None
        self._stopping = False
        # One lock for all of the above, never held while the input or fn runs; a condition for the workers
        # that wait for their turn to read, and one for the consumer.
        self._lock = threading.Lock()
        self._turn = threading.Condition(self._lock)
        self._news = threading.Condition(self._lock)

    # --- the consumer's side ---

    def take(self, ctx: Context | None) -> Result | None:
        """Wait for the next result and take it; None when there are no more."""
        with self._lock:
            while True:
                # Asking the context under the lock is safe: it never runs callbacks when it is only asked.
                if ctx is not None:
                    ctx.raise_if_done()
                if self._fatal is not None:
                    raise self._fatal
                result = self._ready.pop(self._handed_over, None)
                if result is not None:
                    self._handed_over += 1
                    self._offer_turn()  # here and not after the yield: the consumer may stay away for long
                    return result
                if self._ended and self._handed_over == self._read:
                    if self._input_error is not None:
                        raise self._input_error
                    return None
                self._news.wait()

    def stop(self) -> None:
        """Let no read and no call of the function begin any more, and wake everybody to see that."""
        with self._lock:
            self._stopping = True
            self._turn.notify_all()
            self._news.notify_all()

    def close_input(self) -> None:
        """Close the input, if it is still open and can be closed; when all workers are gone."""
        close = None if self._ended else getattr(self._items, "close", None)
        if close is not None:
            close()

    # --- the workers' side ---

    def work(self) -> None:
        """Read an item, call the function, deliver the result; again and again."""
        try:
            while (index := self._claim()) is not None:
                try:
                    item = next(self._items)
                except StopIteration:
                    self._end_input(None)
                    return
                except Exception as error:
                    self._end_input(error)
                    return
                if not self._pass_turn_on():
                    return
                self._deliver(self._call(index, item))
                del item  # a worker that waits must not keep somebody's data alive
        except BaseException as error:
            # A worker that just died would leave the consumer waiting for its result for ever.
            self._abort(error)

    def _claim(self) -> int | None:
        """Wait for the turn to read, and for room; return the index of the item, or None at the end."""
        with self._lock:
            while not self._may_read():
                if self._stopping or self._ended:
                    return None
                self._turn.wait()
            self._reading = True
            return self._read

    def _pass_turn_on(self) -> bool:
        """After a read, count the item and let another worker read; tell whether the item is still wanted."""
        with self._lock:
            self._reading = False
            self._read += 1
            self._offer_turn()
            return not self._stopping

    def _end_input(self, error: Exception | None) -> None:
        with self._lock:
            self._reading = False
            self._ended = True
            self._input_error = error
            self._news.notify()  # the consumer may have everything by now

    def _call(self, index: int, item: Any) -> Result:
        try:
            return Result(index, item, self._fn(item), None)
        except Exception as error:
            return Result(index, item, None, error)

    def _deliver(self, result: Result) -> None:
        with self._lock:
            place = result.index if self._ordered else self._completed
            self._completed += 1
            self._ready[place] = result
            if place == self._handed_over:  # the one that the consumer wants next
                self._news.notify()

    def _abort(self, error: BaseException) -> None:
        with self._lock:
            if self._fatal is None:
                self._fatal = error
        self.stop()

    # The next two are called with the lock held.

    def _may_read(self) -> bool:
        room = self._read - self._handed_over < self._limit
        return room and not (self._reading or self._stopping or self._ended)

    def _offer_turn(self) -> None:
        # One is enough: it offers the turn to the next when it has read.
        if self._may_read():
            self._turn.notify()


def _check_int(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")


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
