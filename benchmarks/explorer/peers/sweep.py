"""Starts the measurements, tool after tool for each subject, and gathers what they print."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.explorer.peers.cell import TOOLS
from benchmarks.explorer.peers.programs import SUBJECTS

ROUNDS = 3  # of the rate, each tool in turn
RATE_SECONDS = 0.7
SEEDS = 5  # of the time to the first failure
FIRST_SECONDS = 2.0
GRACE = 10.0  # seconds for the interpreter, imports and a last schedule that hangs


@dataclass(slots=True)
class Cell:
    """One tool on one subject.

    Attributes:
        rates: schedules per second, one for each round.
        firsts: seconds to the first failure, one for each seed that found it.
        depths: schedules to the first failure, likewise.
        missed: seeds that found nothing in the time allowed.
        notes: why something is missing or odd.
    """

    rates: list[float] = field(default_factory=list)
    firsts: list[float] = field(default_factory=list)
    depths: list[float] = field(default_factory=list)
    missed: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float | None:
        """The median of the rates, None when there are none."""
        return median(self.rates) if self.rates else None

    @property
    def first(self) -> float | None:
        """The median time to the first failure; None when half of the seeds or more found none."""
        return self._median_of_all(self.firsts)

    @property
    def depth(self) -> float | None:
        """The median number of schedules to the first failure, likewise."""
        return self._median_of_all(self.depths)

    def _median_of_all(self, found: Sequence[float]) -> float | None:
        if len(found) <= self.missed:
            return None
        return median([*found, *[float("inf")] * self.missed])

    def note(self, text: str) -> None:
        """Keep a remark once."""
        if text not in self.notes:
            self.notes.append(text)


Table = dict[str, dict[str, Cell]]  # by subject, then by tool


def sweep() -> Table:
    """Measure everything, saying on stderr where it is."""
    table: Table = {}
    for subject in SUBJECTS:
        row = table[subject] = {tool: Cell() for tool in TOOLS}
        for turn in range(ROUNDS):
            for tool, cell in row.items():
                _rate(cell, tool, subject, turn)
        for tool, cell in row.items():
            _firsts(cell, tool, subject)
        summary = ", ".join(f"{tool} {cell.rate or 0:,.0f}/s" for tool, cell in row.items())
        print(f"{subject}: {summary}", file=sys.stderr, flush=True)
    return table


def _rate(cell: Cell, tool: str, subject: str, turn: int) -> None:
    for answer in _run(tool, subject, "rate", [turn], RATE_SECONDS):
        if "undecided" in answer:
            cell.note(f"rate: {answer['undecided']}")
        elif answer["failure"]:
            cell.note(f"alarm on the corrected program: {answer['failure']}")
        else:
            cell.rates.append(answer["schedules"] / answer["seconds"])


def _firsts(cell: Cell, tool: str, subject: str) -> None:
    answered = 0
    for answer in _run(tool, subject, "first", range(SEEDS), FIRST_SECONDS):
        answered += 1
        if "undecided" in answer:
            cell.missed += 1
            cell.note(f"first failure: {answer['undecided']}")
        elif answer["failure"]:
            cell.firsts.append(answer["seconds"])
            cell.depths.append(answer["schedules"])
        else:
            cell.missed += 1
            cell.note(f"first failure: some seeds found none in {FIRST_SECONDS:g} s")
    if answered < SEEDS:
        cell.missed += SEEDS - answered
        cell.note("first failure: some seeds gave no answer (the process hung or died)")


def _run(
    tool: str, subject: str, what: str, seeds: Iterable[int], seconds: float
) -> Iterator[dict[str, Any]]:
    """Run one cell; what it printed before it was killed counts."""
    wrapper = ["-m", "frontrun.cli", sys.executable] if tool.startswith("frontrun") else []
    command = [sys.executable, *wrapper, "-m", "benchmarks.explorer.peers.cell", tool, subject, what]
    command += [",".join(map(str, seeds)), str(seconds)]
    try:
        output = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SEEDS * seconds + GRACE,
            check=False,
        ).stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
    for line in output.decode().splitlines():
        if line.startswith("{"):
            yield json.loads(line)
