"""`interleave-test`: the zoo's own scenarios as models, through a small stand-in for our `Sim`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import interleave_test

from benchmarks.explorer.peers.programs import SUBJECTS, folder, plain_module
from benchmarks.explorer.peers.search import Search, Tool

BATCH = 25  # schedules for each call: the package has no limit in seconds


class Sim:
    """The part of our `Sim` that the scenarios use, in terms of `interleave_test`."""

    def __init__(self, name: str, twin: str) -> None:
        self.kata = plain_module(name, twin)
        self._tasks: list[Task] = []

    def spawn(self, fn: Callable[..., Any], *args: Any, name: str = "") -> Task:
        task = Task(interleave_test.spawn(fn, *args, name=name or None))
        self._tasks.append(task)
        return task

    def join(self, *tasks: Task) -> list[Any]:
        return [task.result() for task in (tasks or tuple(self._tasks))]

    def sleep(self, seconds: float) -> None:
        # The package's `time.sleep` returns at once and moves no clock; a timed wait does move it.
        threading.Event().wait(seconds)


class Task:
    """A task whose result may be asked for before it has ended."""

    def __init__(self, task: interleave_test.Task) -> None:
        self._task = task

    def result(self) -> Any:
        self._task.join()
        return self._task.result()


def interleave(strategy: str, name: str, twin: str, seed: int, seconds: float) -> Search:
    """Search with one of the package's strategies, traced as narrowly as ours: the program alone."""
    end = perf_counter() + seconds
    subject = SUBJECTS[name]

    def model() -> None:
        subject.prop.body(Sim(name, twin), **subject.workload)

    done = 0
    while perf_counter() < end:
        result = interleave_test.explore(
            model,
            iterations=BATCH,
            seed=seed * 1_000_003 + done,
            strategy=strategy,
            include=[folder(twin)],
            timeout=max(1.0, seconds),
            raise_on_failure=False,
        )
        done += result.schedules_run
        if result.failure is not None:
            error = result.failure.exception
            return Search(done, f"{result.failure.kind} {type(error).__name__ if error else ''}".strip())
    return Search(done)


RANDOM: Tool = partial(interleave, "random")
PCT: Tool = partial(interleave, "pct")
