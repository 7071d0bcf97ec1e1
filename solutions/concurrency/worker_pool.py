"""Worker pool: a fixed number of threads that work through a bounded queue of jobs.

Durations are seconds, given as int or float. Every method may be called from any thread, from within a job
too unless it says otherwise.

A ``ctx`` is a context of the kata of that name; without one a call just cannot be cancelled. What you need:

- ``ctx.raise_if_done()`` raises ``Cancelled`` or ``DeadlineExceeded`` if it has ended, else does nothing.
- ``ctx.on_done(fn)`` has ``fn()`` called once when it ends, and returns ``unregister``, a function that takes
  this back. On a context that is done it calls ``fn`` at once, in your thread; otherwise ``fn`` runs in the
  thread that cancels, or in a timer's thread at the deadline. Your ``fn`` will want your lock in order to
  wake somebody, so call neither ``on_done`` nor ``unregister`` while you hold that lock, unless you know why
  it is safe.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from .context import Context


# --- given ---


class PoolStopped(RuntimeError):
    """The pool takes no more jobs; also the error in the result of a job that was dropped from its queue."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one job.

    Attributes:
        job_id: what ``submit`` returned for it.
        value: what its function returned; None if it raised or was dropped.
        error: the exception instance that its function raised, a ``PoolStopped`` if it was dropped, or None.
    """

    job_id: int
    value: Any
    error: BaseException | None


# --- end of given ---


class WorkerPool:
    """Run jobs on ``workers`` threads, with at most ``queue_size`` jobs waiting for their turn.

        with WorkerPool(workers=5) as pool: ids = [pool.submit(fetch, url) for url in urls]
        for result in pool.results(): print(result.job_id, result.value)

    Rules that hold for every method:

    - Each accepted job gives exactly one ``Result``, whatever happens to it. Results wait in the pool, in any
      number, until somebody takes them: a missing consumer never holds up a worker.
    - At no time do more than ``workers`` jobs run. At no time are more than ``queue_size`` jobs queued: that
      is, accepted and not yet taken by a worker.
    - Workers take jobs in the order of their ids, and a free worker takes one as soon as there is one: n jobs
      of d seconds, submitted one right after the other, take exactly ceil(n / workers) * d.
    - Whatever a job raises, SystemExit and KeyboardInterrupt included, becomes the ``error`` of its result,
      and the worker goes on with the next job.
    - Once a ``stop`` has begun, no job is accepted any more. Of a ``submit`` and a ``stop`` at the same time,
      either the job is accepted before, and gives a result like any other, or ``submit`` raises.
    - A call that fails changes nothing, except where it says so.
    - A call that is over, however it ended, has nothing registered with its ctx any more.
    - Nothing polls: a blocked call wakes when there is something for it to do, or when its time has come.
    """

    def __init__(self, workers: int, queue_size: int = 100) -> None:
        """Make a pool that accepts jobs but has no threads yet; ``start`` makes those.

        Args:
            workers: number of threads, at least 1.
            queue_size: how many jobs may wait for a worker, at least 1.

        Raises:
            TypeError: either is not an int, or is a bool.
            ValueError: either is less than 1.
        """
        _check_size("workers", workers)
        _check_size("queue_size", queue_size)
        self._workers = workers
        self._queue_size = queue_size
        self._queue: deque[_Job] = deque()
        self._results: deque[Result] = deque()
        self._threads: list[threading.Thread] = []
        self._accepted = 0
        self._unfinished = 0  # accepted, but no result yet
        self._stopping = False
        # One lock for all of the above; a condition for each reason to sleep, so that a wake-up for one kind
        # of sleeper is never used up by another.
        self._lock = threading.Lock()
        self._job_queued = threading.Condition(self._lock)
        self._slot_free = threading.Condition(self._lock)
        self._result_ready = threading.Condition(self._lock)

    def start(self) -> None:
        """Start the worker threads; does nothing if they have been started.

        However many threads call this at once, ``workers`` threads are started in all. If the system refuses
        one of them, the pool stops as by ``stop(drain=False)``, and the error comes out of this call.

        Raises:
            PoolStopped: ``stop`` has been called.
        """
        with self._lock:
            if self._stopping:
                raise PoolStopped("the pool has been stopped and cannot be started again")
            if self._threads:
                return
            try:
                for number in range(1, self._workers + 1):
                    thread = threading.Thread(target=self._work, name=f"worker-{number}")
                    thread.start()
                    self._threads.append(thread)
            except BaseException:
                # The workers that did start would wait for jobs for ever, and the process for them.
                self._stop_accepting(drop=True)
                raise

    def submit(
        self, fn: Callable[..., Any], *args: Any, timeout: float | None = None, ctx: Context | None = None
    ) -> int:
        """Queue the job ``fn(*args)``; wait for a free place in the queue if need be.

        Before ``start`` jobs are queued like later, and a full queue makes the caller wait. No order is
        promised among callers that wait. A job that submits to its own pool can wait for ever if all workers
        do so at once; ``try_submit`` cannot.

        Args:
            fn: called in a worker thread, without any lock held.
            *args: passed on to it.
            timeout: seconds to wait at most, counted from the call; None waits for ever, 0 tries once without
                blocking. If a place becomes free at the very instant, either may happen.
            ctx: gives up when this ends. One that is done before the call wins over a free place, and when
                its ``cancel()`` has returned, no job is accepted any more from a call waiting with it.

        Returns:
            The id of the job: 1 for the first that was accepted, 2 for the next and so on.

        Raises:
            TypeError: ``fn`` is not callable, or ``timeout`` is neither a number nor None, or is a bool.
            ValueError: ``timeout`` is negative, NaN, infinite or above ``threading.TIMEOUT_MAX``. Bad
                arguments are reported before anything else is looked at.
            Cancelled, DeadlineExceeded: ``ctx`` ended first. If several reasons to fail hold when the caller
                looks, they are reported in the order in which they stand here.
            PoolStopped: ``stop`` has been called, before or while this waited.
            TimeoutError: the timeout ran out first.
        """
        if not callable(fn):
            raise TypeError(f"a job needs a function, not {fn!r}")
        _check_timeout(timeout)
        deadline = None if timeout is None else time.monotonic() + timeout
        # Registered before the first look: a cancel between that look and the wait would wake nobody.
        # Registered outside the lock, which the callback takes: a context that is done calls it right here.
        unregister = None if ctx is None else ctx.on_done(self._wake_submitters)
        try:
            with self._lock:
                self._wait_for_slot(deadline, ctx)
                self._accepted += 1
                self._unfinished += 1
                self._queue.append(_Job(self._accepted, fn, args))
                self._job_queued.notify()
                return self._accepted
        finally:
            if unregister is not None:
                unregister()

    def try_submit(self, fn: Callable[..., Any], *args: Any) -> int | None:
        """Queue the job ``fn(*args)`` if there is a free place in the queue; never block.

        Args:
            fn: called in a worker thread, without any lock held.
            *args: passed on to it.

        Returns:
            The id of the job, as for ``submit``; None, with nothing changed, if the queue is full.

        Raises:
            TypeError: ``fn`` is not callable.
            PoolStopped: ``stop`` has been called, be the queue full or not.
        """
        try:
            return self.submit(fn, *args, timeout=0)
        except TimeoutError:
            return None

    def results(self) -> Iterator[Result]:
        """Iterate over the results, in the order in which the jobs ended; wait for the next if need be.

        Each result is handed out once. Several consumers may share them: each calls this for an iterator of
        its own and gets some of the results. An iterator is for one thread at a time. Closing one early loses
        nothing: what it has not handed out is there for the next.

        Returns:
            An iterator that ends when the pool has been stopped, every accepted job has its result, and all
            of those have been handed out. It may be asked for at any time, before the start and after the
            stop too.
        """
        while True:
            with self._lock:
                while not self._results:
                    if self._stopping and self._unfinished == 0:
                        return
                    self._result_ready.wait()
                result = self._results.popleft()
            yield result

    def stop(self, drain: bool = True, timeout: float | None = None) -> None:
        """Accept no more jobs, and wait until all worker threads are gone.

        Callers blocked in ``submit`` wake and get ``PoolStopped``. Jobs that run are never interrupted. This
        may be called again, also at the same time: every call returns only when the threads are gone, at once
        if they are. A later ``drain=False`` drops what an earlier ``drain=True`` has left in the queue.

        Args:
            drain: True lets the workers finish all queued jobs first; False drops those: each at once gives a
                result with a ``PoolStopped`` as its error, in the order of their ids. If the pool was never
                started, there is nobody to finish them and they are dropped in either case.
            timeout: seconds to wait at most, counted from the call; None waits for ever, 0 does not wait.

        Raises:
            TypeError: ``drain`` is not a bool, or ``timeout`` is neither a number nor None, or is a bool.
            ValueError: ``timeout`` is negative, NaN, infinite or above ``threading.TIMEOUT_MAX``.
            RuntimeError: called from a job of this pool, which would wait for itself; nothing is stopped.
            TimeoutError: a worker thread was still there when the timeout ran out. The pool goes on stopping:
                it takes no jobs, the workers end when they are done, and another ``stop`` waits for them.
        """
        if not isinstance(drain, bool):
            raise TypeError(f"drain must be a bool, not {drain!r}")
        _check_timeout(timeout)
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._lock:
            if threading.current_thread() in self._threads:
                raise RuntimeError("a job cannot stop its own pool: stop() would wait for that job to end")
            self._stop_accepting(drop=not drain or not self._threads)
        # Nobody adds threads any more. Joined without the lock, which the workers need in order to end.
        for thread in self._threads:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                raise TimeoutError(f"workers were still busy after {timeout} seconds")

    def __enter__(self) -> WorkerPool:
        """Start the pool and return it.

        Raises:
            PoolStopped: ``stop`` has been called.
        """
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the pool and wait until its threads are gone, for as long as that takes.

        Queued jobs are finished if the block ended without an exception, and dropped if there was one; that
        goes on its way unchanged. The results can still be taken afterwards.
        """
        self.stop(drain=error is None)

    def _wake_submitters(self) -> None:
        with self._lock:
            self._slot_free.notify_all()

    def _work(self) -> None:
        while True:
            with self._lock:
                # Looked at again after each wake-up: another worker may have been faster.
                while not self._queue and not self._stopping:
                    self._job_queued.wait()
                if not self._queue:
                    return
                job = self._queue.popleft()
                self._slot_free.notify()
            result = _run(job)
            with self._lock:
                self._results.append(result)
                self._unfinished -= 1
                if self._stopping and self._unfinished == 0:
                    self._result_ready.notify_all()  # one consumer gets this result, the others have to end
                else:
                    self._result_ready.notify()
            del job, result  # an idle worker must not keep somebody's data alive

    # This and the next are called with the lock held.
    def _wait_for_slot(self, deadline: float | None, ctx: Context | None) -> None:
        expired = False
        try:
            while True:
                # Asking the context under the lock is safe: it never runs callbacks when it is only asked.
                if ctx is not None:
                    ctx.raise_if_done()
                if self._stopping:
                    raise PoolStopped("the pool takes no more jobs")
                if len(self._queue) < self._queue_size:
                    return
                if expired:
                    raise TimeoutError("the queue of the pool stayed full")
                remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
                expired = not self._slot_free.wait(remaining)
        except BaseException:
            # This caller may have been woken for a free place that it does not take: the next one can.
            self._slot_free.notify()
            raise

    def _stop_accepting(self, drop: bool) -> None:
        self._stopping = True
        if drop:
            while self._queue:
                job = self._queue.popleft()
                dropped = PoolStopped(f"job {job.job_id} was dropped when the pool was stopped")
                self._results.append(Result(job.job_id, None, dropped))
                self._unfinished -= 1
        # Everybody looks again: idle workers go home, blocked submits fail, consumers may have seen the last.
        self._job_queued.notify_all()
        self._slot_free.notify_all()
        self._result_ready.notify_all()


@dataclass(frozen=True, slots=True)
class _Job:
    job_id: int
    fn: Callable[..., Any]
    args: tuple[Any, ...]


def _run(job: _Job) -> Result:
    try:
        return Result(job.job_id, job.fn(*job.args), None)
    except BaseException as error:
        # Not just Exception: a job that calls sys.exit() would take its worker along.
        return Result(job.job_id, None, error)


def _check_size(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, not {value}")


def _check_timeout(timeout: float | None) -> None:
    if timeout is None:
        return
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout must be a number of seconds or None, not {timeout!r}")
    if not 0 <= timeout <= threading.TIMEOUT_MAX:  # false for NaN as well
        raise ValueError(f"timeout must be finite and not negative, not {timeout!r}")


def main() -> None:
    """Let five workers run a hundred jobs, two of which fail."""
    began = time.monotonic()

    def fetch(page: int) -> str:
        time.sleep(0.05)
        if page % 40 == 0:
            raise ConnectionError(f"page {page} is not there")
        return f"page {page}, by {threading.current_thread().name}"

    def report(text: str) -> None:
        print(f"{time.monotonic() - began:5.2f} s  {text}")

    with WorkerPool(workers=5, queue_size=20) as pool:
        for page in range(1, 101):
            pool.submit(fetch, page)
            if page % 25 == 0:
                report(f"{page} jobs accepted")
    report("stopped: all jobs done, all threads gone")

    done = list(pool.results())
    print(f"         {len(done)} results, the last one is {done[-1].value!r}")
    for result in done:
        if result.error is not None:
            print(f"         job {result.job_id} failed: {result.error!r}")
    print("         20 rounds of 0.05 s make 1 s; one by one they would take 5 s")


if __name__ == "__main__":
    main()
