"""Does the gradings of a class on this machine, several at once.

Each needs one thread here, which mostly waits, and one child of the judge, which computes.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed

from dojo.grading.classroom.jobs import Done, Job, do


class Stopped(BaseException):
    """Ends a grading of which nothing is wanted any more; nothing on the way may take it for a fault."""


def run_here(jobs: Iterable[Job], workers: int) -> Generator[Done]:
    """Do jobs; when the caller stops listening, those that are under way are given up.

    Args:
        jobs: what to do.
        workers: how many at once.
    """
    is_over = threading.Event()

    def on_tick() -> None:
        if is_over.is_set():
            raise Stopped

    with ThreadPoolExecutor(workers) as pool:
        try:
            futures = {pool.submit(do, job, on_tick): job for job in jobs}
            for future in as_completed(futures):
                yield futures.pop(future), future.result()
        finally:
            is_over.set()
            pool.shutdown(cancel_futures=True)
