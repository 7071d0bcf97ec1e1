"""Pipeline: stages that all work at the same time, each on another item, with short buffers between them.

``Pipeline.stage`` and ``Pipeline.run`` may be called from any thread, within a stage too. An iterator that
``run`` returned is for one thread at a time, as a generator is, and not for the stages of its own run.

A ``ctx`` is a context of the kata of that name; without one a run just cannot be cancelled. What you need:

- ``ctx.raise_if_done()`` raises ``Cancelled`` or ``DeadlineExceeded`` if it has ended, else does nothing.
- ``ctx.on_done(fn)`` has ``fn()`` called once when it ends, and returns ``unregister``, a function that takes
  this back. On a context that is done it calls ``fn`` at once, in your thread; otherwise ``fn`` runs in the
  thread that cancels, or in a timer's thread at the deadline. Your ``fn`` will want your locks in order to
  wake somebody, so call neither ``on_done`` nor ``unregister`` while you hold one, unless you know why it is
  safe. Nor can ``fn`` wait for your threads: one of them may be the thread that cancels.
- ``ctx.done`` and ``ctx.error`` (None until it is done) only look.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import Context


class Pipeline:
    """Functions in a row, each on threads of its own; every item goes through all of them.

        pages = Pipeline().stage(download, workers=8).stage(parse)
        for page in pages.run(urls): print(page.title)

    A pipeline is a plan and has no threads. Each ``run`` of it is independent, also of those that go on at
    the same time, and keeps these rules:

    - Each item of the source goes through all stages in their order, and what the last one returns is
      yielded. Any value may be an item: None, or an exception that is returned and not raised, is nothing
      special.
    - If every stage has one worker, results come in the order of the source. A stage with more workers gives
      a result as soon as it has it, so items may overtake each other there, but none is lost or doubled.
    - A stage never runs more calls of its function at once than it has workers, and they run without any lock
      held. No time is lost: reading the source and all stages overlap, a free worker takes an item as soon as
      there is one, and a result can be had at the moment it is there. With k stages of 1 s each, n items take
      n + k - 1 seconds.
    - An infinite source works. Of the items taken from the source, those that ``next`` has not returned yet
      are never more than the sum over all stages of (workers + buffer + 1), plus buffer + 2. That leaves room
      for an item with each worker, ``buffer`` items waiting before each stage and behind the last one, and
      one on the way at every passage.
    - The source is read by one thread only, and only while the run lasts.
    - A run ends when all results have been yielded, by the first error, by the end of its ctx, or when its
      iterator is closed. From then on nothing is begun: no call of a function, no reading of the source.
      What is in progress is never interrupted; what it returns or raises then is dropped. All this goes for
      an error and a ctx at the moment they come, whatever the consumer is doing, and however full the buffers
      are.
    - When the consumer learns of the end, by the exception from ``next`` or the return of ``close``, it is
      complete: calls in progress have been waited for, all threads of the run are gone, the source is closed,
      and nothing is registered with the ctx.
    - Nothing polls: a thread that has nothing to do sleeps until there is something.
    """

    def __init__(self, buffer: int = 1) -> None:
        """Make a pipeline without stages.

        Args:
            buffer: how many items may wait before each stage and behind the last one, at least 1.

        Raises:
            TypeError: ``buffer`` is not an int, or is a bool.
            ValueError: it is less than 1.
        """
        _check_size("buffer", buffer)
        self._buffer = buffer
        self._lock = threading.Lock()
        self._stages: tuple[_Stage, ...] = ()

    def stage(self, fn: Callable[[Any], Any], workers: int = 1) -> Pipeline:
        """Add a stage behind those there are. Runs that were asked for before, by ``run``, do not get it.

        Args:
            fn: called with one item, returns one; with several workers it is called by several threads.
            workers: how many threads call it in each run, at least 1.

        Returns:
            This pipeline, so that calls can be chained.

        Raises:
            TypeError: ``fn`` is not callable, or ``workers`` is not an int, or is a bool.
            ValueError: ``workers`` is less than 1. A call that fails adds nothing.
        """
        if not callable(fn):
            raise TypeError(f"a stage needs a function, not {fn!r}")
        _check_size("workers", workers)
        with self._lock:
            self._stages = (*self._stages, _Stage(fn, workers))
        return self

    def run(self, source: Iterable[Any], ctx: Context | None = None) -> Iterator[Any]:
        """Send the items of ``source`` through the stages; without stages they are yielded as they are.

        Arguments are checked, ``iter(source)`` is called and the stages are noted at this call. The run itself
        begins at the first ``next``: until then there is no thread, the source is neither read nor closed, and
        nothing is registered with the ctx. So an iterator that is never used leaves nothing behind.

        The first error, from a function or from the source, ends the run, and ``next`` raises it, once: the
        same exception object, with its traceback, BaseExceptions such as KeyboardInterrupt included. Results
        that were finished but not yielded may be dropped; if every stage has one worker, what was yielded is
        still the beginning of what a run without the error yields, and ends before the item that failed.
        Only a StopIteration from a function would look like the end of the items, so it comes as a
        RuntimeError with the StopIteration as its ``__cause__``.

        When the run is over, ``close()`` is called once on what ``iter(source)`` gave, if it has such a
        method: after the last reading has returned, whatever ended the run. An error from it counts as one
        from the source.

        Args:
            source: where the items come from.
            ctx: ends the run when it ends. One that is done, be it before the first ``next`` or later, wins
                over results that are waiting, and over the end of the items. If an error ended the run before
                the ctx did, the error is raised. ``cancel()`` of the ctx does not wait for the end of the
                run, so a function may cancel the run that it is part of.

        Returns:
            An iterator with a method ``close()``, which ends the run and may be called again. An iterator
            that nobody refers to any more is closed too, so leaving a ``for`` loop over ``run(...)`` by
            ``break``, ``return`` or an exception ends the run. After the end, whatever it was, ``next``
            raises StopIteration.

        Raises:
            TypeError: ``source`` is not iterable. The following come from ``next``.
            Cancelled, DeadlineExceeded: ``ctx`` ended first.
        """
        with self._lock:
            stages = self._stages
        # A generator of its own, as this function must do its checks at the call, not at the first next().
        return _run(iter(source), stages, self._buffer, ctx)


@dataclass(frozen=True, slots=True)
class _Stage:
    fn: Callable[[Any], Any]
    workers: int


def _run(
    source: Iterator[Any], stages: tuple[_Stage, ...], buffer: int, ctx: Context | None
) -> Generator[Any, None, None]:
    run = _Run(source, stages, buffer)
    unregister = None
    try:
        if ctx is None or not ctx.done:
            if ctx is not None:
                unregister = ctx.on_done(run.stop)
            run.start()
            while (item := run.results.get()) is not _END:
                # After the wait, not before: the deadline may have come without its timer having run yet.
                if ctx is not None and ctx.done:
                    break
                yield item
    finally:
        # The one way out for all: the end of the items, an error, the ctx, close() and the last reference.
        run.stop()
        run.join()
        if unregister is not None:
            unregister()
    error, run.error = run.error, None
    try:
        if error is not None:
            raise error  # a StopIteration becomes a RuntimeError, as in every generator
    finally:
        del error  # with run.error gone too, the error does not refer to itself by way of its traceback
    if ctx is not None:
        ctx.raise_if_done()


class _Run:
    """The threads of one run. Does not know the iterator: that has to die when the consumer drops it."""

    def __init__(self, source: Iterator[Any], stages: tuple[_Stage, ...], buffer: int) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._stopped = False
        self.error: BaseException | None = None  # what ended the run; None if that was no error
        # Daemons: an iterator that is left open by mistake must not keep the process from ending.
        inbox = _Buffer(buffer, producers=1)
        self._buffers = [inbox]
        self._threads = [threading.Thread(target=self._feed, args=(inbox,), name="source", daemon=True)]
        for number, stage in enumerate(stages, 1):
            outbox = _Buffer(buffer, producers=stage.workers)
            self._buffers.append(outbox)
            for worker in range(1, stage.workers + 1):
                name = f"stage-{number}-worker-{worker}"
                args = (stage.fn, inbox, outbox)
                self._threads.append(threading.Thread(target=self._work, args=args, name=name, daemon=True))
            inbox = outbox
        self.results = inbox
        self._started = 0

    def start(self) -> None:
        for thread in self._threads:
            thread.start()
            self._started += 1

    def stop(self, error: BaseException | None = None) -> None:
        """End the run, without waiting; only the first call has an effect."""
        with self._lock:
            if self._stopped:
                return
            self._stopped = True
            self.error = error
        # Not in the buffers as an item among others: there it would have to wait for a place, and where
        # nobody takes the items any more it would wait for ever.
        for buffer in self._buffers:
            buffer.abandon()

    def join(self) -> None:
        """Wait for the threads; the system may have refused to start some."""
        for thread in self._threads[: self._started]:
            thread.join()
        if self._started == 0:
            self._close_source()  # otherwise the thread that reads it has done so

    def _feed(self, outbox: _Buffer) -> None:
        try:
            for item in self._source:
                if not outbox.put(item):
                    break
                del item  # a thread that waits for the next item holds on to nobody's data
        except BaseException as error:
            self.stop(error)
        finally:
            # In this thread: another one could not know that it is not reading at the moment.
            self._close_source()
            outbox.producer_done()

    def _close_source(self) -> None:
        try:
            close = getattr(self._source, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            self.stop(error)

    def _work(self, fn: Callable[[Any], Any], inbox: _Buffer, outbox: _Buffer) -> None:
        try:
            while (item := inbox.get()) is not _END:
                if not outbox.put(fn(item)):
                    break
                del item
        except BaseException as error:
            # Before producer_done: whoever sees the end of a buffer may then trust that all went well.
            self.stop(error)
        finally:
            outbox.producer_done()


class _Buffer:
    """A bounded queue that ends when its last producer is done, or at once when it is abandoned."""

    def __init__(self, size: int, producers: int) -> None:
        self._size = size
        self._producers = producers
        self._abandoned = False
        self._items: deque[Any] = deque()
        # One lock, but a condition for each side: a wake-up for a taker is never used up by a putter.
        self._lock = threading.Lock()
        self._item_there = threading.Condition(self._lock)
        self._place_free = threading.Condition(self._lock)

    def put(self, item: object) -> bool:
        """Append an item, when there is a place for it; False if nobody wants it any more."""
        with self._lock:
            while len(self._items) >= self._size and not self._abandoned:
                self._place_free.wait()
            if self._abandoned:
                return False
            self._items.append(item)
            self._item_there.notify()
            return True

    def get(self) -> Any:
        """Take the oldest item, when there is one; ``_END`` if none will come any more."""
        with self._lock:
            while not self._items and self._producers and not self._abandoned:
                self._item_there.wait()
            if self._abandoned or not self._items:
                return _END
            item = self._items.popleft()
            self._place_free.notify()
            return item

    def producer_done(self) -> None:
        """Note that one of the producers puts nothing any more; the last one ends the buffer."""
        with self._lock:
            self._producers -= 1
            if self._producers == 0:
                self._item_there.notify_all()  # all takers: there is no item by which they would learn it

    def abandon(self) -> None:
        """End the buffer at once: nobody waits any more, on either side, and what is in it is dropped."""
        with self._lock:
            self._abandoned = True
            self._item_there.notify_all()
            self._place_free.notify_all()


_END = object()  # what only get() returns: no value of the user is the same object


def _check_size(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, not {value}")


def main() -> None:
    """Bring ten parcels through three stages, the slow one with two workers; then let one get lost."""

    def pick(number: int) -> str:
        time.sleep(0.1)
        return f"parcel {number}"

    def pack(parcel: str) -> str:
        time.sleep(0.2)
        return f"{parcel}, packed by {threading.current_thread().name}"

    def label(parcel: str) -> str:
        time.sleep(0.1)
        if parcel.startswith("parcel 13"):
            raise LookupError("parcel 13 has no address")
        return f"{parcel}, labelled"

    warehouse = Pipeline().stage(pick).stage(pack, workers=2).stage(label)

    def ship(first: int, last: int) -> None:
        began = time.monotonic()
        try:
            for parcel in warehouse.run(range(first, last + 1)):
                print(f"{time.monotonic() - began:5.2f} s  {parcel}")
        finally:
            print(f"{time.monotonic() - began:5.2f} s  over, {threading.active_count() - 1} threads left")

    ship(1, 10)
    print("         10 rounds of 0.1 s, and 0.3 s for the first to come through; one by one it takes 4 s")
    try:
        ship(11, 20)
    except LookupError as error:
        print(f"         stopped: {error}")


if __name__ == "__main__":
    main()
