"""Fan-out, fan-in, solved differently: a thread of its own reads the input, an executor calls the function.

The reader takes a place from a semaphore for each item, and the consumer gives it back with the result. All
news, results among them, go to the consumer in one queue; it sorts them itself. The iterator is an ordinary
object with ``__next__`` and ``__del__``; what it shares with the threads does not refer to it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import Context


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one item."""

    index: int
    input: Any
    output: Any
    error: Exception | None


class FanOutFanIn:
    """Apply a function to the items of an input, which may be endless, on ``workers`` threads."""

    def __init__(self, workers: int, buffer: int | None = None) -> None:
        if buffer is None:
            buffer = workers
        if type(workers) is not int or type(buffer) is not int:
            raise TypeError(f"sizes are ints, not {workers!r} and {buffer!r}")
        if workers < 1 or buffer < 0:
            raise ValueError(f"there are no {workers} workers with a buffer of {buffer}")
        self._sizes = workers, workers + buffer

    def process(
        self,
        items: Iterable[Any],
        fn: Callable[[Any], Any],
        ordered: bool = True,
        ctx: Context | None = None,
    ) -> Iterator[Result]:
        """Make an iterator over the results of ``fn(item)`` for all items."""
        if not callable(fn):
            raise TypeError(f"{fn!r} cannot be called")
        if type(ordered) is not bool:
            raise TypeError(f"ordered is True or False, not {ordered!r}")
        workers, limit = self._sizes
        return _Results(_Shared(iter(items), fn, limit), workers, ordered, ctx)


class _End:
    """No more items: ``count`` were read; the input has failed with ``error``, if it has."""

    def __init__(self, count: int, error: Exception | None) -> None:
        self.count = count
        self.error = error


class _Fatal:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class _Shared:
    """What the reader and the calls know."""

    def __init__(self, items: Iterator[Any], fn: Callable[[Any], Any], limit: int) -> None:
        self.items = items
        self.fn = fn
        self.places = threading.Semaphore(limit)
        self.news: SimpleQueue[Result | _End | _Fatal | None] = SimpleQueue()
        self.stopped = threading.Event()

    def stop(self) -> None:
        self.stopped.set()
        self.places.release()  # for the reader, which may wait for one
        self.news.put(None)  # for the consumer, to look around

    def read(self, executor: ThreadPoolExecutor) -> None:
        count = 0
        try:
            while self.places.acquire() and not self.stopped.is_set():
                try:
                    item = next(self.items)
                except StopIteration:
                    self.news.put(_End(count, None))
                    return
                except Exception as error:
                    self.news.put(_End(count, error))
                    return
                executor.submit(self.call, count, item)
                count += 1
        except BaseException as error:
            self.news.put(_Fatal(error))
            self.stop()

    def call(self, index: int, item: Any) -> None:
        if self.stopped.is_set():
            return
        try:
            self.news.put(Result(index, item, self.fn(item), None))
        except Exception as error:
            self.news.put(Result(index, item, None, error))
        except BaseException as error:
            self.news.put(_Fatal(error))
            self.stop()


class _Results:
    def __init__(self, shared: _Shared, workers: int, ordered: bool, ctx: Context | None) -> None:
        self._shared = shared
        self._executor = ThreadPoolExecutor(workers)
        self._ordered = ordered
        self._ctx = ctx
        self._reader: threading.Thread | None = None
        self._unregister: Callable[[], object] = lambda: None
        self._ready: deque[Result] = deque()
        self._early: dict[int, Result] = {}
        self._taken = 0
        self._end: _End | None = None
        self._fatal: BaseException | None = None
        self._begun = self._over = False

    def __iter__(self) -> Iterator[Result]:
        return self

    def __next__(self) -> Result:
        if self._over:
            raise StopIteration
        try:
            if not self._begun:
                self._begin()
            return self._take()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._over:
            return
        self._over = True
        if not self._begun:
            return
        self._shared.stop()
        self._unregister()
        if self._reader is not None:
            self._reader.join()
        self._executor.shutdown()
        self._look(wait=False)
        if self._end is None and hasattr(self._shared.items, "close"):
            self._shared.items.close()

    def __del__(self) -> None:
        self.close()

    def _begin(self) -> None:
        self._begun = True
        if self._ctx is not None:
            self._unregister = self._ctx.on_done(self._shared.stop)
            self._ctx.raise_if_done()
        reader = threading.Thread(target=self._shared.read, args=(self._executor,), daemon=True)
        reader.start()
        self._reader = reader

    def _take(self) -> Result:
        wait = False
        while True:
            self._look(wait)
            if self._ctx is not None:
                self._ctx.raise_if_done()
            if self._fatal is not None:
                raise self._fatal
            if self._ready:
                self._taken += 1
                self._shared.places.release()
                return self._ready.popleft()
            if self._end is not None and self._end.count == self._taken:
                raise self._end.error or StopIteration
            wait = True

    def _look(self, wait: bool) -> None:
        try:
            while True:
                self._note(self._shared.news.get(block=wait))
                wait = False
        except Empty:
            pass

    def _note(self, news: Result | _End | _Fatal | None) -> None:
        if isinstance(news, _End):
            self._end = news
        elif isinstance(news, _Fatal):
            self._fatal = self._fatal or news.error
        elif isinstance(news, Result) and self._ordered:
            self._early[news.index] = news
            while (following := self._early.pop(self._taken + len(self._ready), None)) is not None:
                self._ready.append(following)
        elif isinstance(news, Result):
            self._ready.append(news)
