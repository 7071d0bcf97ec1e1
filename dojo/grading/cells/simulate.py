"""Runs a notebook's cell in the simulator, seen from the parent: the code runs in a child of the judge."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from dojo.checking.verdict import Step, Verdict
from dojo.grading.cells.cell import NAME, Cell
from dojo.grading.cells.ended import Ended
from dojo.grading.judge import Replay
from dojo.grading.result import Problem
from dojo.grading.sandbox.messages import GRADERS_FAULT, HeardOne
from dojo.grading.sandbox.process import serve


@dataclass(frozen=True, slots=True)
class Simulation:
    """What came of a cell.

    Attributes:
        problem: why it could not be run, or not to the end.
        endings: one for each way in which runs ended, in the order in which they were met.
        every: whether these were all interleavings there are.
        elapsed: virtual nanoseconds that the run in default order took.
        threads: how many it had.
        own: how many lines the cell has; places beyond are in code that earlier cells have kept.
        run: the smallest failing run, or else, if asked for, the one in default order.
    """

    problem: Problem | None
    endings: tuple[Ended, ...] = ()
    every: bool = False
    elapsed: int = 0
    threads: int = 0
    own: int = 0
    run: Replay | None = None

    @property
    def schedules(self) -> int:
        """How many were executed."""
        return sum(each.schedules for each in self.endings)

    @property
    def ok(self) -> bool:
        """Whether every run ended as a program should."""
        return self.problem is None and all(each.ok for each in self.endings)


def simulate(cell: Cell, *, schedules: int = 0, seed: int = 0, draw: bool = False) -> Simulation:
    """Run a cell.

    Args:
        cell: looked through.
        schedules: how many interleavings to explore; 0 for the default order alone.
        seed: decides every random choice of the search.
        draw: whether a run is wanted step by step even if none fails.
    """
    heard = HeardOne(NAME, "simulation")
    request = {
        "cell": asdict(cell),
        "schedules": schedules,
        "seed": seed,
        "draw": draw,
    }
    problem = serve(request, "", NAME, [heard])
    if problem is not None:
        return Simulation(_for_a_cell(problem))
    data = heard.data
    if data is None:
        return Simulation(Problem("the run brought no result", NAME, 0, GRADERS_FAULT))
    try:
        return _read(data, cell)
    except (KeyError, TypeError, ValueError) as error:
        return Simulation(Problem(f"a damaged answer: {error}", NAME, 0, GRADERS_FAULT))


def _read(data: dict[str, Any], cell: Cell) -> Simulation:
    run = None
    if data["verdict"] is not None:
        verdict = Verdict.from_json(data["verdict"])
        run = Replay(
            None,
            reproduced=verdict.counterexample is not None,
            verdict=verdict,
            steps=tuple(Step(**step) for step in data["steps"]),
            source=data["source"],
        )
    endings = tuple(Ended(**each) for each in data["endings"])
    return Simulation(None, endings, data["every"], data["elapsed"], data["threads"], cell.above, run)


def _for_a_cell(problem: Problem) -> Problem:
    """A problem in the words of a notebook."""
    message = problem.message.replace(" while it was loaded", "").replace(
        "than a kata may", "than a cell may"
    )
    remedy = problem.remedy.replace("grade again", "run the cell again")
    return replace(problem, message=message, remedy=remedy)
