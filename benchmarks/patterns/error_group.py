"""error_group: groups of tasks that take no time and all succeed."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform

SCENARIO = "10 tasks of 1 s with limit 3"
GROUP = 64  # tasks


def run(module: Any, threads: int, operations: int) -> int:
    """One operation: a task of a group, at most ``threads`` at a time; a wait() after every 64 tasks."""
    done = 0
    while done < operations:
        tasks = min(GROUP, operations - done)
        with module.ErrorGroup(limit=threads) as group:
            for number in range(tasks):
                group.go(abs, number)
        done += tasks
    return done


def round_trips(module: Any, threads: int, operations: int, perform: Perform) -> int:
    """One operation: a group of ``threads`` tasks, from its beginning to the end of its wait()."""

    def call() -> None:
        with module.ErrorGroup(limit=threads) as group:
            for number in range(threads):
                group.go(abs, number)

    return perform(1, operations, call)


def scenario(sim: Any) -> None:
    """Ten tasks that sleep for a second, three at a time."""
    with sim.kata.ErrorGroup(limit=3) as group:
        for _ in range(10):
            group.go(sim.sleep, 1)
