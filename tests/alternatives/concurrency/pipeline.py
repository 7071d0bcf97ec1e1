"""Pipeline with links of a SimpleQueue and a Semaphore for its places, ends sent as marks, and a class as iterator."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import Context

_MARK = object()


class Pipeline:
    def __init__(self, buffer: int = 1) -> None:
        self._buffer = _size("buffer", buffer)
        self._stages: list[tuple[Callable[[Any], Any], int]] = []

    def stage(self, fn: Callable[[Any], Any], workers: int = 1) -> Pipeline:
        if not callable(fn):
            raise TypeError(f"stage() takes a function, not {fn!r}")
        self._stages.append((fn, _size("workers", workers)))
        return self

    def run(self, source: Iterable[Any], ctx: Context | None = None) -> Iterator[Any]:
        return _Results(_Crew(iter(source), list(self._stages), self._buffer), ctx)


class _Results(Iterator[Any]):
    """The iterator; the threads know the crew and not this, so it can be collected while they run."""

    def __init__(self, crew: _Crew, ctx: Context | None) -> None:
        self._crew = crew
        self._ctx = ctx
        self._unregister: Callable[[], object] | None = None
        self._begun = False
        self._over = False

    def __next__(self) -> Any:
        if self._over:
            raise StopIteration
        try:
            if not self._begun:
                self._begin()
            item = self._crew.exit.get()
            if not self._crew.stopped.is_set() and item is not _MARK:
                if self._ctx is None or not self._ctx.done:
                    return item
        except BaseException:
            self.close()
            raise
        self.close()
        error = self._crew.error
        self._crew.error = None
        if isinstance(error, StopIteration):
            raise RuntimeError("a stage raised StopIteration") from error
        if error is not None:
            raise error
        if self._ctx is not None:
            self._ctx.raise_if_done()
        raise StopIteration

    def _begin(self) -> None:
        self._begun = True
        if self._ctx is not None and self._ctx.done:
            self._crew.stop(None)
            self._crew.close_source()
            return
        if self._ctx is not None:
            self._unregister = self._ctx.on_done(lambda crew=self._crew: crew.stop(None))  # type: ignore[misc]
        self._crew.start()

    def close(self) -> None:
        if self._over:
            return
        self._over = True
        if self._begun:
            self._crew.stop(None)
            self._crew.join()
            if self._unregister is not None:
                self._unregister()

    def __del__(self) -> None:
        self.close()


class _Link:
    """From the threads of one stage to those of the next."""

    def __init__(self, size: int, putters: int, takers: int) -> None:
        self._places = threading.Semaphore(size)
        self._items: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._putters = putters
        self._takers = takers

    def put(self, item: object) -> None:
        self._places.acquire()
        self._items.put(item)

    def get(self) -> Any:
        item = self._items.get()
        if item is not _MARK:
            self._places.release()
        return item

    def end(self) -> None:
        """No more items: every taker gets a mark of its own."""
        for _ in range(self._takers):
            self._items.put(_MARK)

    def break_up(self) -> None:
        """Let every taker and every putter through once; they look at ``stopped`` then."""
        self.end()
        self._places.release(self._putters)


class _Crew:
    def __init__(
        self, source: Iterator[Any], stages: list[tuple[Callable[[Any], Any], int]], buffer: int
    ) -> None:
        self._source = source
        self._lock = threading.Lock()
        self.stopped = threading.Event()
        self.error: BaseException | None = None
        self._threads: list[threading.Thread] = []
        crowds = [1, *(workers for _, workers in stages), 1]
        self._links = [_Link(buffer, *pair) for pair in zip(crowds, crowds[1:], strict=False)]
        self.exit = self._links[-1]
        self._plan: list[tuple[Callable[..., None], tuple[Any, ...]]] = [(self._read, (self._links[0],))]
        for index, (fn, workers) in enumerate(stages):
            left = [workers]  # how many of them have not ended
            task = (self._call, (fn, left, self._links[index], self._links[index + 1]))
            self._plan += [task] * workers

    def start(self) -> None:
        for target, args in self._plan:
            thread = threading.Thread(target=target, args=args, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, error: BaseException | None) -> None:
        with self._lock:
            if self.stopped.is_set():
                return
            self.error = error
            self.stopped.set()
        for link in self._links:
            link.break_up()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def close_source(self) -> None:
        try:
            if hasattr(self._source, "close"):
                self._source.close()
        except BaseException as error:
            self.stop(error)

    def _read(self, link: _Link) -> None:
        try:
            while not self.stopped.is_set():
                try:
                    item = next(self._source)
                except StopIteration:
                    break
                link.put(item)
        except BaseException as error:
            self.stop(error)
        self.close_source()
        link.end()

    def _call(self, fn: Callable[[Any], Any], left: list[int], before: _Link, behind: _Link) -> None:
        try:
            while (item := before.get()) is not _MARK and not self.stopped.is_set():
                behind.put(fn(item))
        except BaseException as error:
            self.stop(error)
        with self._lock:
            left[0] -= 1
            last = left[0] == 0
        if last:
            behind.end()


def _size(name: str, value: int) -> int:
    if type(value) is not int:
        raise TypeError(f"{name} is an int, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} is 1 or more, not {value}")
    return value
