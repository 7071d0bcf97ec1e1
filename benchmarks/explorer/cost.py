"""What a schedule costs: ``python -m benchmarks.explorer cost``; microseconds of processor time, and who uses them.

A generated program with a number of threads that add to a counter under a lock, explored as any property is;
and the solutions of the katas under the drivers of ``kata_subjects.py``. Writes ``results_cost.md``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from benchmarks.explorer.kata_subjects import KATAS
from benchmarks.explorer.report import publish, table, versions
from benchmarks.explorer.sample import LAYERS, percentages, sampled
from benchmarks.explorer.subject import FIXED, version
from benchmarks.explorer.tools import scenario
from benchmarks.machine import machine
from dojo.checking import BUDGET
from dojo.checking.explore import explore
from dojo.simulator.machine import Machine, Run, compile_program
from dojo.simulator.strategies import Strategy

THREADS = (2, 3, 4, 6, 8)
STEPS = (10, 100, 1_000, 10_000)
FEWEST = 20  # schedules of an exploration, however long they are
WORK = 200_000  # steps of an exploration, about: long schedules get a smaller budget

PROGRAM = """\
import threading


class Counter:
    def __init__(self):
        self.lock = threading.Lock()
        self.value = 0

    def add(self, rounds):
        for _ in range(rounds):
            with self.lock:
                self.value += 1


def main(threads, rounds, more):
    counter = Counter()
    crew = [threading.Thread(target=counter.add, args=(rounds + (n < more),)) for n in range(threads)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert counter.value == threads * rounds + more
"""


class Cost(NamedTuple):
    """What was executed, in seconds of processor time, and the samples by layer."""

    schedules: int
    steps: int
    seconds: float
    samples: Counter[str]

    def cells(self) -> list[str]:
        """Steps and microseconds for a table."""
        return [
            f"{self.steps / self.schedules:,.0f}",
            f"{1e6 * self.seconds / self.schedules:,.0f}",
            f"{1e6 * self.seconds / self.steps:.2f}",
            f"{self.steps / self.seconds:,.0f}",
        ]


COLUMNS = ("steps", "us/schedule", "us/step", "steps/s")


def cost(subject: Machine, main: Callable[[], None], budget: int, seconds: float) -> Cost:
    """Explore a correct program again and again until the time is up.

    Args:
        subject: holds the program.
        main: the scenario.
        budget: schedules of one exploration.
        seconds: of wall time, about.
    """
    schedules = steps = 0

    def execute(strategy: Strategy) -> Run:
        nonlocal schedules, steps
        run = subject.run(main, strategy)
        assert run.outcome.ok, run.outcome
        schedules += 1
        steps += run.steps
        return run

    explore(execute, budget=FEWEST, seed=0)  # whatever happens once
    schedules = steps = seed = 0
    with sampled(subject.program.filename) as samples:
        began, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() - began < seconds:
            seed += 1
            explore(execute, budget=budget, seed=seed)
        used = time.process_time() - cpu
    return Cost(schedules, steps, used, samples)


def generated(threads: int, steps: int, seconds: float) -> list[str]:
    """A line of the table: the program with as many rounds as make about so many steps, one at least."""
    subject = Machine(compile_program(PROGRAM, "generated.py"))

    def length(additions: int) -> int:
        return subject.run(lambda: subject.load().main(threads, *divmod(additions, threads))).steps

    base = length(0)
    a_round = (length(10 * threads) - base) / (10 * threads)
    rounds, more = divmod(max(1, round((steps - base) / a_round)), threads)
    budget = max(FEWEST, min(BUDGET, WORK // steps))
    found = cost(subject, lambda: subject.load().main(threads, rounds, more), budget, seconds)
    share = 1 - plain(rounds * threads + more, seconds / 10) * found.schedules / found.seconds
    return [str(threads), *found.cells(), f"{share:.1%}"]


def plain(rounds: int, seconds: float) -> float:
    """What the same rounds take outside the simulator, without hooks and without threads, in seconds."""
    namespace: dict[str, Any] = {}
    exec(PROGRAM, namespace)
    counter = namespace["Counter"]()
    executed = 0
    began = time.process_time()
    while (used := time.process_time() - began) < seconds:
        for _ in range(100):
            counter.add(rounds)
        executed += 100
    return used / executed


def solutions(seconds: float) -> dict[str, Cost]:
    """The cost of the katas' solutions, by driver."""
    found = {}
    for driver in KATAS:
        with version(driver, FIXED) as program:
            subject = program.machine()
        found[driver.name] = cost(subject, scenario(driver, subject), BUDGET, seconds)
        print(driver.name, found[driver.name].cells(), file=sys.stderr)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorer cost", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each line of a table (default 2)")
    options = parser.parse_args(arguments)
    about = machine()
    rows = []
    for threads in THREADS:
        for steps in STEPS:
            rows.append(generated(threads, steps, options.seconds))
            print(rows[-1], file=sys.stderr)
    by_driver = solutions(options.seconds)
    everything = Counter[str]()
    for each in by_driver.values():
        everything += each.samples
    publish(
        "results_cost.md",
        [
            "# What a schedule costs",
            "",
            f"- command: `python -m benchmarks.explorer cost --seconds {options.seconds:g}`; {about}",
            f"- {versions('greenlet')}",
            "- Processor time of `dojo.checking.explore` on a program without a fault; steps are preemption points, "
            "on average.",
            "",
            "## By threads and steps",
            "",
            "Threads that add to one counter under a lock. A few steps are spent on starting and joining threads, "
            "so that no run has 10. The last column compares with what the same additions take in plain Python, "
            "without hooks and without threads.",
            "",
            *table(["threads", *COLUMNS, "outside the learner's code"], rows),
            "",
            "## The katas' solutions",
            "",
            *table(["subject", *COLUMNS], [[name, *each.cells()] for name, each in by_driver.items()]),
            "",
            "Processor time by layer, sampled: by the file of the innermost Python frame. Calls that instrumentation "
            "puts into the learner's code count as the simulator's. The learner's share is a range, see `sample.py`.",
            "",
            *table(
                ["subject", *LAYERS],
                [
                    *([name, *percentages(each.samples)] for name, each in by_driver.items()),
                    ["**all**", *percentages(everything)],
                ],
            ),
        ],
    )


if __name__ == "__main__":
    main()
