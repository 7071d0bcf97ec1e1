"""The child's side of a simulated notebook cell: runs its program under one schedule or many and tells all."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from dojo.checking.check import OutOfMemory, check, execute, replay_verdict
from dojo.checking.explain import describe, place_of_error
from dojo.checking.explore import explore
from dojo.checking.property import Property
from dojo.checking.sim import Sim
from dojo.checking.story import steps_of
from dojo.checking.verdict import Verdict
from dojo.grading.cells.cell import NAME, VALUE, Cell
from dojo.grading.cells.ended import Ended
from dojo.grading.sandbox.messages import HEARTBEAT, Send
from dojo.grading.sandbox.printed import Printed
from dojo.grading.sandbox.subject import references
from dojo.grading.sources.submission import ALLOWED
from dojo.simulator.machine import Machine, Run
from dojo.simulator.outcome import Ending, Outcome
from dojo.simulator.output import without_addresses
from dojo.simulator.schedule import DEFAULT_ORDER
from dojo.simulator.strategies import DEFAULT, Strategy

MOST_VALUE = 1024 * 1024  # characters of JSON that a value may have
MOST_STEPS = 20_000  # of a run that is to be drawn


class _Runs:
    """Runs of one program, counted by how they ended."""

    def __init__(self, cell: Cell, alive: Callable[[], None], send: Send) -> None:
        companions = references(cell.references)
        self.machine = Machine(
            cell.program(), allowed=ALLOWED, companions=companions, imports=cell.references, reuse=False
        )
        self.property = Property("the cell runs to its end", "", self._body)
        self.found: dict[Ended, int] = {}
        self.first: Run | None = None
        self._alive, self._send = alive, send
        self._printed = Printed()
        self._value = ("", "", "")
        self._begun = 0

    def _body(self, sim: Sim) -> None:
        """Called when the module has been executed: that was the program."""
        value = vars(sim.kata).get(VALUE)
        if value is None:
            return
        try:
            data = json.dumps(value)
            trouble = "" if len(data) <= MOST_VALUE else f"it is longer than {MOST_VALUE:,} characters"
        except (TypeError, ValueError, RecursionError) as error:
            data, trouble = "", str(error)
        self._value = (_plain(repr(value)), data if not trouble else "", trouble)

    def progress(self, *_: object) -> None:
        """To be called before every run."""
        self._alive()
        self._begun += 1
        if self._begun % HEARTBEAT == 0:
            self._send("running", runs=self._begun)

    def run(self, strategy: Strategy) -> Run:
        """Run the program once and count how it ended.

        Raises:
            OutOfMemory: it hit the memory limit.
        """
        self.progress()
        sys.stdout = sys.stderr = self._printed = Printed()
        self._value = ("", "", "")
        run = execute(self.property, self.machine, {}, strategy)
        kind, message, line = ending(run.outcome, self.machine.program.source)
        if isinstance(run.outcome.exception, MemoryError):
            raise OutOfMemory(line)
        printed = self._printed
        ended = Ended(run.outcome.ok, kind, message, line, _plain(printed.text), printed.lost, *self._value)
        self.found[ended] = self.found.get(ended, 0) + 1
        self.first = self.first or run
        return run


def serve_cell(cell: Cell, request: dict[str, Any], send: Send, alive: Callable[[], None]) -> None:
    """Run the cell and say what came of it.

    Args:
        cell: looked through already.
        request: ``schedules`` to explore, 0 for the default order alone; ``seed``; ``draw``: whether a run
            is to be told step by step even if it does not fail.
        send: sends a message to the parent.
        alive: to be called before every run.
    """
    runs = _Runs(cell, alive, send)
    try:
        every = _explored(runs, request)
        verdict, steps = _told(runs, request)
    except OutOfMemory as error:
        send("problem", message="the code used more memory than a cell may", line=error.line)
        return
    assert runs.first is not None
    send(
        "simulation",
        endings=[asdict(replace(each, schedules=count)) for each, count in runs.found.items()],
        every=every,
        elapsed=runs.first.elapsed,
        threads=len(runs.first.names),
        source=runs.machine.program.source,
        verdict=verdict.to_json() if verdict is not None else None,
        steps=steps,
    )


def _explored(runs: _Runs, request: dict[str, Any]) -> bool:
    """Run what is asked for; tell whether that was every interleaving there is."""
    if not request["schedules"]:
        runs.run(DEFAULT)
        return False
    return explore(runs.run, budget=request["schedules"], seed=request["seed"], to_the_end=True).every


def _told(runs: _Runs, request: dict[str, Any]) -> tuple[Verdict | None, list[dict[str, Any]]]:
    """The smallest failing run, or else the first one if that is to be drawn: as a verdict and step by step."""
    failed = any(not each.ok for each in runs.found)
    assert runs.first is not None
    if not failed and not request["draw"]:
        return None, []
    schedule = DEFAULT_ORDER
    if failed and runs.first.outcome.ok:
        # The same search, for its counterexample: shrunk, executed twice, put into words.
        found = check(
            runs.property,
            runs.machine,
            budget=request["schedules"],
            seed=request["seed"],
            progress=runs.progress,
        )
        if found.counterexample is None:
            return None, []  # the step limit alone, or we are at fault: the table says how it ended
        schedule = DEFAULT_ORDER.of(found.counterexample.delays, found.counterexample.stalls)
    if runs.first.steps > MOST_STEPS:
        return None, []
    runs.progress()
    run, verdict = replay_verdict(runs.property, runs.machine, {}, schedule)
    program = runs.machine.program
    if verdict.counterexample is not None:
        kind, message, _ = ending(run.outcome, program.source)
        example = replace(verdict.counterexample, kind=kind, message=message)
        verdict = replace(verdict, counterexample=example)
    return verdict, [asdict(step) for step in steps_of(run, (NAME,), program.source, prints=False)]


def ending(outcome: Outcome, source: str) -> tuple[str, str, int]:
    """How a run of a cell ended: the kind, what happened, and the line that raised (0 if none did)."""
    kind, message = describe(outcome)
    place = place_of_error(outcome.exception, NAME)
    line = place[1] if place else _where(outcome)
    if isinstance(outcome.exception, AssertionError):
        kind = "assertion failed" + (f" in {outcome.thread}" if outcome.thread != "main" else "")
        if not str(outcome.exception):
            message = source.splitlines()[line - 1].strip() if line else kind
    return kind, message, line


def _where(outcome: Outcome) -> int:
    """The line at which the thread was that the ending is about, 0 if that says nothing."""
    own = next((state for state in outcome.threads if state.name == outcome.thread), None)
    if outcome.ending not in (Ending.ENDLESS_LOOP, Ending.POLLING, Ending.LIVELOCK) or own is None:
        return 0
    return next((place.line for place in reversed(own.stack) if place.file == NAME), 0)


def _plain(text: str) -> str:
    """Text without the addresses in default reprs, which differ every time, and without halves of characters."""
    return without_addresses(text).encode("utf-8", "backslashreplace").decode("utf-8")
