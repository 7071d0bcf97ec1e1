"""How many schedules of a check repeat an earlier one: ``python -m benchmarks.explorer equivalent [KATA ...]``.

Two runs are equivalent when they make the same accesses, in an order that differs only where neighbours do not
depend on each other: other threads, and another object or two reads (Mazurkiewicz 1977, "Concurrent program schemes
and their interpretations"). This is what a search could save at best by skipping. Writes ``results_equivalent.md``.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

from benchmarks.explorer.report import publish, table, versions
from benchmarks.machine import machine
from dojo.checking import check as checking
from dojo.checking.property import Property
from dojo.grading.catalogue import Kata, load
from dojo.grading.sandbox.subject import build_machine, load_properties
from dojo.simulator.machine import Machine, Run
from dojo.simulator.strategies import Strategy
from dojo.simulator.trace import OPERANDS, READS, Event

_OF_THE_SCHEDULE = frozenset({"resume", "preempt", "stall", "wait"})  # how it came about, not what happened
Node = tuple[Any, ...]


class _Trace:
    """The partial order of a run's events; each is known by the events that it depends on."""

    def __init__(self) -> None:
        self.nodes: set[int] = set()
        self._latest: dict[int, int] = {}  # of each thread
        self._started: dict[int, int] = {}
        self._clock = 0
        self._written: dict[Node, int] = {}
        self._read: dict[Node, set[int]] = defaultdict(set)

    def add(self, event: Event) -> None:
        """Put the next event of the run in its place."""
        own = self._latest.get(event.thread, self._started.get(event.thread, 0))
        before = {own, self._clock}
        changes = event.kind not in READS or event.name in OPERANDS  # a call may change what it is called on
        place = self._place(event)
        if event.kind == "clock":
            before.update(self._latest.values())
        elif place is not None:
            before.add(self._written.get(place, 0))
            if changes:
                before |= self._read.pop(place, set())
        seen = event.now if event.kind in ("call", "clock") else 0
        node = hash((event.thread, event.kind, event.line, event.name, seen, *sorted(before)))
        self.nodes.add(node)
        self._latest[event.thread] = node
        if event.kind == "clock":
            self._clock = node
        elif event.kind == "start":
            self._started[int(event.name)] = node
        elif place is not None and changes:
            self._written[place] = node
        elif place is not None:
            self._read[place].add(node)

    @staticmethod
    def _place(event: Event) -> Node | None:
        """What other events must touch to depend on this one; None if it touches nothing."""
        if event.kind in ("load", "store") and event.name not in OPERANDS:
            return event.target, event.name
        if event.target:
            return event.target, "[]"
        return (event.function, event.name) if event.kind in ("read", "write") else None


def equivalence_class(run: Run) -> frozenset[int]:
    """What a recorded run has in common with those that are equivalent to it, and with no others."""
    trace = _Trace()
    for event in run.events:
        if event.kind not in _OF_THE_SCHEDULE:
            trace.add(event)
    return frozenset(trace.nodes)


def count(kata: Kata, properties: int) -> tuple[int, int]:
    """Schedules of the checks of a kata's solution, and how many classes they are in, workload by workload."""
    subject = build_machine(kata.solution.read_text("utf-8"), kata.solution.name, kata)
    counts = [_of_check(prop, subject) for prop in load_properties(kata)[:properties]]
    return sum(runs for runs, _ in counts), sum(classes for _, classes in counts)


def _of_check(prop: Property, subject: Machine) -> tuple[int, int]:
    execute, found = checking.execute, defaultdict(list)

    def recorded(p: Property, m: Machine, workload: Any, strategy: Strategy, **_: Any) -> Run:
        run = execute(p, m, workload, strategy, record=True)
        found[repr(workload)].append(equivalence_class(run))
        return run

    with patch.object(checking, "execute", recorded):
        checking.check(prop, subject)
    return sum(map(len, found.values())), sum(len(set(each)) for each in found.values())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorer equivalent", description=__doc__)
    parser.add_argument("katas", nargs="*", metavar="KATA", help="default: all")
    parser.add_argument("--properties", type=int, default=5, help="of each kata, the first ones (default 5)")
    options = parser.parse_args(arguments)
    about = machine()
    rows, total = [], [0, 0]
    for kata in load():
        if kata.name in options.katas or not options.katas:
            runs, classes = count(kata, options.properties)
            rows.append([kata.name, f"{runs:,}", f"{classes:,}", f"{1 - classes / runs:.0%}"])
            total = [total[0] + runs, total[1] + classes]
            print(*rows[-1], file=sys.stderr)
    rows.append(["**all**", f"{total[0]:,}", f"{total[1]:,}", f"{1 - total[1] / total[0]:.0%}"])
    lines = [
        "# Equivalent schedules",
        "",
        f"- command: `python -m benchmarks.explorer equivalent --properties {options.properties}`; {about}",
        f"- {versions('greenlet', 'hypothesis')}",
        "- Checks of the solutions, default budget and seed. Two schedules of one workload are equivalent when they "
        "make the same accesses in an order that differs only where these do not depend on each other.",
        "",
        *table(["kata", "schedules", "classes", "repeat an earlier one"], rows),
    ]
    if options.katas:
        print("\n".join(lines))
    else:
        publish("results_equivalent.md", lines)


if __name__ == "__main__":
    main()
