"""wait_group: tasks are added and ended; somebody waits for the last one."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform, repeat


def run(module: Any, threads: int, operations: int, perform: Perform = repeat) -> int:
    """One operation: add() and done(), on one group for all threads; a wait() at the end."""
    group = module.WaitGroup()

    def task() -> None:
        group.add()
        group.done()

    done = perform(threads, operations, task)
    group.wait()
    return done
