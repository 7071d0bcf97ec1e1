"""The three tools behind one interface: explore one subject, say how many schedules ran and whether one failed.

Each is used as its documentation recommends. Everything a tool needs to find a failure is inside ``explore``;
what it does with it afterwards (shrinking, reproducing) is left out for all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.explorer.subject import Subject, Version

if TYPE_CHECKING:
    from dojo.simulator.machine import Machine


class Explored(NamedTuple):
    """What one exploration did."""

    schedules: int
    failed: bool


Explore = Callable[[int, int], Explored]  # (schedules at most, seed)


class Inexpressible(Exception):
    """A tool cannot run a subject, and why."""


def scenario(subject: Subject, machine: Machine) -> Callable[[], None]:
    """A subject as the main thread's code of one of our runs."""
    from dojo.checking.sim import Sim

    def main() -> None:
        sim = Sim(machine)
        state = subject.make(sim.kata, sim.sleep)
        sim.join(*[sim.spawn(worker, state) for worker in subject.workers])
        assert subject.holds(state)

    return main


def ours(subject: Subject, version: Version, mode: str) -> Explore:
    """``dojo.checking.explore``: default order, single delays, then mixed strategies."""
    from dojo.checking.explore import explore

    machine = version.machine()
    main = scenario(subject, machine)

    def run(limit: int, seed: int) -> Explored:
        found = explore(lambda strategy: machine.run(main, strategy), budget=limit, seed=seed)
        return Explored(found.runs, found.failure is not None)

    return run


def check_fit(tool: str, subject: Subject) -> None:
    """Raise ``Inexpressible`` if a subject says that a tool cannot run it."""
    if tool in subject.unfit:
        raise Inexpressible(subject.unfit[tool])


def interleave_test(subject: Subject, version: Version, mode: str) -> Explore:
    """``interleave_test.explore``, at its default granularity; only the subject's own file is traced."""
    import interleave_test as it

    check_fit("interleave-test", subject)
    kata = version.module()

    def pause(seconds: float) -> None:
        # Its time.sleep() takes no virtual time; a timed wait does.
        threading.Event().wait(seconds)

    def model() -> None:
        state = subject.make(kata, pause)
        tasks = [it.spawn(worker, state) for worker in subject.workers]
        for task in tasks:
            task.join()
        assert subject.holds(state)

    def run(limit: int, seed: int) -> Explored:
        result = it.explore(
            model,
            iterations=limit,
            seed=seed,
            strategy=mode,
            include=str(version.file),
            raise_on_failure=False,
        )
        return Explored(result.schedules_run, result.failure is not None)

    return run


def frontrun(subject: Subject, version: Version, mode: str) -> Explore:
    """``frontrun.explore``: on its virtual clock, which reports deadlocks exactly; explored where time plays a part."""
    import frontrun as tool

    if subject.starts_threads:
        raise Inexpressible("threads that the subject starts itself are not controlled")
    check_fit("frontrun", subject)
    kata = version.module()
    clock = "explored" if subject.timed else "virtual"

    def make() -> Any:
        return subject.make(kata, lambda seconds: time.sleep(seconds))

    def run(limit: int, seed: int) -> Explored:
        options = {"max_executions": limit} if mode == "dpor" else {"max_attempts": limit, "seed": seed}
        result = tool.explore(
            setup=make,
            workers=list(subject.workers),
            invariant=subject.holds,
            strategy=mode,
            clock=clock,
            detect_io=False,
            reproduce_on_failure=0,
            deadlock_timeout=1.0,
            **options,
        )
        return Explored(result.num_explored, result.property_holds is False)

    return run


TOOLS = {"ours": ours, "interleave-test": interleave_test, "frontrun": frontrun}
MODES = {"ours": ("mixed",), "interleave-test": ("random", "pct"), "frontrun": ("dpor", "random")}
