"""How soon the explorer finds each mutant of each kata: ``python -m benchmarks.explorer.mutants [KATA ...]``.

From a machine that is ready to the first run that fails, by the property that must kill the mutant, with the
default budget and seed; what follows in a grading (making the failure small, checking it) is left out. Prints
a Markdown table and writes it to ``results_mutants.md`` if all katas were asked for.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

from benchmarks.explorer.report import publish, quantile, spread, table, versions
from benchmarks.machine import machine
from dojo.checking.check import check
from dojo.checking.property import Property
from dojo.grading.catalogue import load
from dojo.grading.mutants import Mutant, load_mutants
from dojo.grading.sandbox.subject import build_machine, load_properties
from dojo.simulator.machine import Machine, Run
from dojo.simulator.outcome import Ending
from dojo.simulator.strategies import DEFAULT, Strategy

MEDIAN_AIM = 0.05  # seconds
WORST_AIM = 2.0  # seconds
SLOWEST = 10


class Killed(NamedTuple):
    """How one mutant was found, in seconds and schedules; ``schedules`` is 0 if it was not."""

    kata: str
    mutant: str
    property: str
    building: float  # of processor time, from the text to a machine that is ready
    schedules: int
    cpu: float
    wall: float


class FirstFailure(BaseException):
    """Ends a check at the first run that fails; no Exception, so that Hypothesis lets it through."""


def stop_at_failure(subject: Machine) -> Callable[[], int]:
    """Have a machine raise ``FirstFailure`` at a failing run; return what tells how many schedules it has run."""
    execute = subject.run
    schedules = 0

    def run(
        scenario: Callable[[], None], strategy: Strategy = DEFAULT, *, record: bool = False, **more: Any
    ) -> Run:
        nonlocal schedules
        result = execute(scenario, strategy, record=record, **more)
        schedules += not record  # what is recorded looks for races, beside the schedules that count
        if not result.outcome.ok and result.outcome.ending is not Ending.STEP_LIMIT and not record:
            raise FirstFailure
        return result

    subject.run = run  # type: ignore[method-assign]
    return lambda: schedules


def measure(kata_name: str, prop: Property, mutant: Mutant) -> Killed:
    """Look for the first failure of one mutant."""
    kata = load()[kata_name]
    began = time.process_time()
    subject = build_machine(mutant.source, f"{mutant.name}.py", kata)
    building = time.process_time() - began
    executed = stop_at_failure(subject)
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        check(prop, subject)
    except FirstFailure:
        found = executed()
    else:
        found = 0
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Killed(kata_name, mutant.name, prop.slug, building, found, cpu, wall)


def of_kata(name: str, repeats: int) -> list[Killed]:
    """All mutants of a kata, each several times from a new machine: the median time counts."""
    kata = load()[name]
    properties = {prop.slug: prop for prop in load_properties(kata)}
    solution = kata.solution.read_text("utf-8")
    reference = build_machine(solution, kata.solution.name, kata)
    for prop in properties.values():
        check(prop, reference, budget=2)  # what happens once in a process: imports, Hypothesis' tables
    found = []
    for mutant in load_mutants(kata.mutants, solution):
        times = [measure(name, properties[mutant.property], mutant) for _ in range(repeats)]
        found.append(
            times[0]._replace(
                **{
                    field: statistics.median(getattr(each, field) for each in times)
                    for field in ("building", "cpu", "wall")
                }
            )
        )
    return found


def measured(names: Sequence[str], repeats: int, processes: int) -> Iterator[Killed]:
    """The mutants of some katas, the katas shared out among processes."""
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        for name, found in zip(names, pool.map(of_kata, names, [repeats] * len(names)), strict=True):
            print(f"{name}: {len(found)} mutants", file=sys.stderr)
            yield from found


def row(name: str, found: Sequence[Killed]) -> list[str]:
    """One line of the table: times in milliseconds."""
    cells = [name, str(len(found))]
    cells += [f"{value:g}" for value in spread([each.schedules for each in found])]
    cells += [f"{1_000 * value:,.0f}" for value in spread([each.cpu for each in found])]
    walls = [each.wall for each in found]
    return [*cells, f"{1_000 * quantile(walls, 0.5):,.0f}", f"{1_000 * max(walls):,.0f}"]


def verdict(what: str, seconds: Sequence[float]) -> str:
    """Whether the aims are met."""
    median, _, _, worst = spread(seconds)
    texts = []
    for name, value, aim in (("median", median, MEDIAN_AIM), ("worst", worst, WORST_AIM)):
        met = "met" if value < aim else "NOT met"
        texts.append(f"{name} {1_000 * value:,.0f} ms, aim below {1_000 * aim:,.0f} ms: {met}")
    return f"- {what}: {'; '.join(texts)}."


def report(found: Sequence[Killed], command: str, about: str, processes: int) -> list[str]:
    """The measurements as Markdown."""
    missed = [each for each in found if not each.schedules]
    killed = [each for each in found if each.schedules]
    rows = []
    for name in dict.fromkeys(each.kata for each in killed):
        rows.append(row(name, [each for each in killed if each.kata == name]))
    rows.append(row("**all**", killed))
    columns = ["kata", "mutants", *(f"schedules {each}" for each in ("median", "p90", "p99", "worst"))]
    columns += [*(f"CPU ms {each}" for each in ("median", "p90", "p99", "worst")), "wall ms median", "worst"]
    slowest = sorted(killed, key=lambda each: each.cpu, reverse=True)[:SLOWEST]
    names = [
        [f"{each.kata}: {each.mutant}", each.property, each.schedules, f"{1_000 * each.cpu:,.0f}"]
        for each in slowest
    ]
    building = quantile([each.building for each in found], 0.5)
    return [
        "# How soon each mutant is found",
        "",
        f"- command: `{command}`; {about}",
        f"- {versions('greenlet', 'hypothesis')}",
        "- From a machine that is ready to the first run that fails, by the property that must kill the mutant: "
        "default budget and seed, race recording and Hypothesis included, shrinking left out.",
        f"- Getting a machine ready takes {1_000 * building:,.0f} ms of processor time (median).",
        verdict("Processor time", [each.cpu for each in killed]),
        verdict(f"Wall time, with {processes} processes at work", [each.wall for each in killed]),
        "- Not found: " + (", ".join(f"{each.kata}: {each.mutant}" for each in missed) or "none") + ".",
        "",
        *table(columns, rows),
        "",
        "The slowest:",
        "",
        *table(["mutant", "property", "schedules", "CPU ms"], names),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorer mutants", description=__doc__)
    parser.add_argument("katas", nargs="*", metavar="KATA", help="default: all")
    parser.add_argument("--repeats", type=int, default=3, help="measurements of each mutant (default 3)")
    parser.add_argument("--processes", type=int, default=2, help="at the same time (default 2)")
    options = parser.parse_args(arguments)
    about = machine()
    names = options.katas or [kata.name for kata in load()]
    found = list(measured(names, options.repeats, options.processes))
    command = (
        f"python -m benchmarks.explorer mutants --repeats {options.repeats} --processes {options.processes}"
    )
    lines = report(found, command, about, options.processes)
    if options.katas:
        print("\n".join(lines))
    else:
        publish("results_mutants.md", lines)


if __name__ == "__main__":
    main()
