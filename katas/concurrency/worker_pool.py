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
        # TODO: your code here
        raise NotImplementedError

    def start(self) -> None:
        """Start the worker threads; does nothing if they have been started.

        However many threads call this at once, ``workers`` threads are started in all. If the system refuses
        one of them, the pool stops as by ``stop(drain=False)``, and the error comes out of this call.

        Raises:
            PoolStopped: ``stop`` has been called.
        """
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

    def __enter__(self) -> WorkerPool:
        """Start the pool and return it.

        Raises:
            PoolStopped: ``stop`` has been called.
        """
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError


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
