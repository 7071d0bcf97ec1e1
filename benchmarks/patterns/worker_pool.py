"""worker_pool: jobs that take no time are submitted, and their results collected."""

from __future__ import annotations

import threading
from typing import Any

from benchmarks.patterns.crew import Perform

SCENARIO = "10 jobs of 1 s on 3 workers"


def run(module: Any, threads: int, operations: int) -> int:
    """One operation: a job submitted, executed by one of ``threads`` workers, its result received."""
    pool = module.WorkerPool(threads, 100)
    pool.start()
    for number in range(operations):
        pool.submit(abs, number)
    pool.stop()
    return sum(1 for _ in pool.results())


def round_trips(module: Any, threads: int, operations: int, perform: Perform) -> int:
    """One operation: submit() of a job, and the wait until it has run; as many callers as workers."""
    pool = module.WorkerPool(threads, 100)
    pool.start()

    def call() -> None:
        done = threading.Lock()
        done.acquire()
        pool.submit(done.release)
        done.acquire()

    try:
        return perform(threads, operations, call)
    finally:
        pool.stop()


def scenario(sim: Any) -> None:
    """Ten jobs that sleep for a second each, submitted at once to three workers."""
    pool = sim.kata.WorkerPool(3)
    pool.start()
    for _ in range(10):
        pool.submit(sim.sleep, 1)
    pool.stop()
