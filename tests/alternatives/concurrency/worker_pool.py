"""Worker pool, solved differently: queues with sentinels, and places in the queue that are handed over.

Jobs and results travel through two unbounded ``queue.Queue``; the bound is a count of free places kept beside
them. Who frees a place accepts the job of the first caller that waits, on its behalf, and each waiting caller
has an event of its own. A sentinel for each worker ends the workers, one sentinel ends all consumers.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from .context import Context


class PoolStopped(RuntimeError):
    """The pool takes no more jobs; also the error in the result of a job that was dropped from its queue."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one job."""

    job_id: int
    value: Any
    error: BaseException | None


class _Request:
    """A call of ``submit``."""

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...], ctx: Context | None) -> None:
        self.fn = fn
        self.args = args
        self.ctx = ctx
        self.job_id = 0  # once accepted
        self.decided = threading.Event()


_END = None  # the sentinel of both queues


class WorkerPool:
    """Run jobs on ``workers`` threads, with at most ``queue_size`` jobs waiting for their turn."""

    def __init__(self, workers: int, queue_size: int = 100) -> None:
        for name, size in (("workers", workers), ("queue_size", queue_size)):
            if type(size) is not int:
                raise TypeError(f"{name} is an int, not {size!r}")
            if size < 1:
                raise ValueError(f"{name} is at least 1, not {size}")
        self._size = workers
        self._free_places = queue_size
        self._jobs: Queue[_Request | None] = Queue()
        self._results: Queue[Result | None] = Queue()
        self._waiting: deque[_Request] = deque()
        self._threads: list[threading.Thread] = []
        self._here = threading.local()
        self._last_id = 0
        self._open_jobs = 0
        self._stopped = False
        self._mutex = threading.Lock()  # guards the counts; whoever puts into a queue holds it

    def start(self) -> None:
        """Start the worker threads; does nothing if they have been started."""
        with self._mutex:
            if self._stopped:
                raise PoolStopped("stopped for good")
            while len(self._threads) < self._size:
                thread = threading.Thread(target=self._work)
                try:
                    thread.start()
                except BaseException:
                    self._close(drop=True)
                    raise
                self._threads.append(thread)

    def submit(
        self, fn: Callable[..., Any], *args: Any, timeout: float | None = None, ctx: Context | None = None
    ) -> int:
        """Queue the job ``fn(*args)``; wait for a free place in the queue if need be."""
        if not callable(fn):
            raise TypeError(f"{fn!r} cannot be called")
        _check_timeout(timeout)
        request = _Request(fn, args, ctx)
        give_back = ctx.on_done(lambda: self._withdraw(request)) if ctx is not None else lambda: True
        try:
            with self._mutex:
                if ctx is not None:
                    ctx.raise_if_done()
                if self._stopped:
                    raise PoolStopped("no more jobs")
                if self._free_places and not self._waiting:
                    return self._accept(request)
                if timeout == 0:
                    raise TimeoutError("the queue is full")
                self._waiting.append(request)
            try:
                request.decided.wait(timeout)
            finally:
                with self._mutex:
                    if request in self._waiting:
                        self._waiting.remove(request)
            if request.job_id:
                return request.job_id
            if ctx is not None:
                ctx.raise_if_done()
            if self._stopped:
                raise PoolStopped("stopped while waiting for a place")
            raise TimeoutError("the queue stayed full")
        finally:
            give_back()

    def try_submit(self, fn: Callable[..., Any], *args: Any) -> int | None:
        """Queue the job if there is a free place; never block."""
        if not callable(fn):
            raise TypeError(f"{fn!r} cannot be called")
        with self._mutex:
            if self._stopped:
                raise PoolStopped("no more jobs")
            if not self._free_places or self._waiting:
                return None
            return self._accept(_Request(fn, args, None))

    def results(self) -> Iterator[Result]:
        """Iterate over the results, in the order in which the jobs ended."""
        return iter(self._next_result, _END)

    def _next_result(self) -> Result | None:
        result = self._results.get()
        if result is _END:
            self._results.put(_END)  # for the next one who asks
        return result

    def stop(self, drain: bool = True, timeout: float | None = None) -> None:
        """Accept no more jobs, and wait until all worker threads are gone."""
        if type(drain) is not bool:
            raise TypeError(f"drain is True or False, not {drain!r}")
        _check_timeout(timeout)
        until = None if timeout is None else time.monotonic() + timeout
        if getattr(self._here, "working", False):
            raise RuntimeError("a job cannot stop the pool that runs it")
        with self._mutex:
            self._close(drop=not drain)
        for thread in self._threads:
            thread.join(None if until is None else max(0, until - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            raise TimeoutError("some jobs are still running")

    def __enter__(self) -> WorkerPool:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop(drain=kind is None)

    def _withdraw(self, request: _Request) -> None:
        with self._mutex:
            if request in self._waiting:
                self._waiting.remove(request)
        request.decided.set()

    def _work(self) -> None:
        self._here.working = True
        while (request := self._jobs.get()) is not _END:
            with self._mutex:
                self._free_places += 1
                self._hand_over()
            value, error = None, None
            try:
                value = request.fn(*request.args)
            except BaseException as raised:
                error = raised
            with self._mutex:
                self._deliver(Result(request.job_id, value, error))

    # Below, the mutex is held.

    def _hand_over(self) -> None:
        while self._free_places and self._waiting:
            request = self._waiting.popleft()
            if request.ctx is None or not request.ctx.done:
                self._accept(request)
            request.decided.set()

    def _accept(self, request: _Request) -> int:
        self._last_id += 1
        self._open_jobs += 1
        self._free_places -= 1
        request.job_id = self._last_id
        self._jobs.put(request)
        return request.job_id

    def _deliver(self, result: Result) -> None:
        self._results.put(result)
        self._open_jobs -= 1
        if self._stopped and self._open_jobs == 0:
            self._results.put(_END)

    def _close(self, drop: bool) -> None:
        first, self._stopped = not self._stopped, True
        if first and self._open_jobs == 0:
            self._results.put(_END)
        while self._waiting:
            self._waiting.popleft().decided.set()
        if drop or not self._threads:
            try:
                while True:
                    request = self._jobs.get_nowait()
                    if request is not _END:
                        error = PoolStopped(f"job {request.job_id} was dropped")
                        self._deliver(Result(request.job_id, None, error))
            except Empty:
                first = True  # the sentinels are gone too
        if first:
            for _ in self._threads:
                self._jobs.put(_END)


def _check_timeout(timeout: float | None) -> None:
    if timeout is not None:
        if type(timeout) not in (int, float):
            raise TypeError(f"a timeout is a number of seconds, not {timeout!r}")
        if not 0 <= timeout <= threading.TIMEOUT_MAX:
            raise ValueError(f"a timeout is finite and not negative, not {timeout!r}")
