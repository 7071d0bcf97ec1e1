"""A crew: real threads that start together, share a number of operations and hand their first error on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from time import perf_counter_ns

Perform = Callable[[int, int, Callable[[], object]], int]  # repeat, or a Timer


def shares(threads: int, operations: int) -> list[int]:
    """How many operations each thread performs: as equal as can be, ``operations`` together."""
    return [operations // threads + (number < operations % threads) for number in range(threads)]


def crew(*jobs: Callable[[], int]) -> int:
    """Run every job on a thread of its own, all starting at the same time.

    Returns:
        The sum of what the jobs return: the operations performed.

    Raises:
        BaseException: the first error of a job, as soon as it comes: the others may wait for that one for ever.
    """
    ended: SimpleQueue[int | BaseException] = SimpleQueue()
    start = threading.Barrier(len(jobs))

    def work(job: Callable[[], int]) -> None:
        start.wait()
        try:
            ended.put(job())
        except BaseException as error:
            ended.put(error)

    # Daemons: threads that hang must not keep the process that measures them from ending.
    members = [threading.Thread(target=work, args=(job,), daemon=True) for job in jobs]
    for member in members:
        member.start()
    done = 0
    for _ in members:
        result = ended.get()
        if isinstance(result, BaseException):
            raise result
        done += result
    for member in members:
        member.join()
    return done


def repeat(threads: int, operations: int, operation: Callable[[], object]) -> int:
    """Share ``operations`` calls of one function among so many threads, and return how many were made."""

    def job(share: int) -> int:
        for _ in range(share):
            operation()
        return share

    return crew(*(lambda share=share: job(share) for share in shares(threads, operations)))


class Timer:
    """A ``repeat`` that takes the time of every single call.

    Attributes:
        nanoseconds: what each call took, in no particular order. The two looks at the clock are part of it.
    """

    def __init__(self) -> None:
        self.nanoseconds: list[int] = []

    def __call__(self, threads: int, operations: int, operation: Callable[[], object]) -> int:
        """Share the calls among the threads like ``repeat``."""

        def job(share: int) -> int:
            spans = [
                0
            ] * share  # of this thread alone, and as long as it gets: nothing but the clock is added
            for number in range(share):
                began = perf_counter_ns()
                operation()
                spans[number] = perf_counter_ns() - began
            self.nanoseconds += spans
            return share

        return crew(*(lambda share=share: job(share) for share in shares(threads, operations)))
