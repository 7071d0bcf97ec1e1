"""Measures a learner's file and the reference, taking turns: what one costs in relation to the other.

Wall-clock figures of one machine, at one moment, never part of a verdict. The code may hang or crash, so each
of the two runs in a child process of its own, under a time limit.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from dojo.grading.catalogue import Kata
from dojo.grading.stopwatch_process import Failed, Source, Stopwatch, stopwatch

THREADS = (1, 8)
SECONDS = 0.3  # how long one measurement takes
ROUNDS = 3
LIMIT = 10.0  # seconds after which a measurement is given up
_FIRST = 0.03  # seconds from which the pace of a first try tells how much to do

OnNews = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value, or why there is none.

    Attributes:
        value: operations per second, or virtual nanoseconds.
        problem: in short: "did not end in 10 s"; "" if there is a value.
        detail: where it hung, what it raised.
    """

    value: float = 0.0
    problem: str = ""
    detail: str = ""


Pair = tuple[Figure | None, Figure | None]  # one's own and the reference's; None for what was not measured


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was measured.

    Attributes:
        scenario: the standard piece of work in words, "" if the kata has none.
        spans: how long it takes in virtual time.
        rates: operations per second on real threads, by the number of threads.
    """

    scenario: str
    spans: Pair
    rates: dict[int, Pair]


def measure(
    kata: Kata,
    mine: Source | None,
    reference: Source,
    *,
    seconds: float = SECONDS,
    limit: float = LIMIT,
    on_news: OnNews = lambda what: None,
) -> Figures:
    """Measure two implementations of a kata.

    Args:
        kata: decides what they are to do.
        mine: a file that can be run; None to measure the reference alone.
        reference: the solution.
        seconds: how long one measurement is to take; each is the best of three.
        limit: seconds after which one is given up.
        on_news: told what is being measured.
    """
    sources = (mine, reference)
    on_news("virtual time")
    spans, scenario = [], ""
    for source in sources:
        figure, told = _span(kata, source, limit) if source is not None else (None, "")
        spans.append(figure)
        scenario = told or scenario
    rates: dict[int, Pair] = {}
    hopeless = [False, False]  # what hangs on one thread would only hang once more on several
    for threads in THREADS:
        with ExitStack() as stack:
            pacers = [
                _Pacer(stack.enter_context(stopwatch(kata, source, limit)), threads, seconds)
                if source and not skipped
                else None
                for source, skipped in zip(sources, hopeless, strict=True)
            ]
            for number in range(ROUNDS):
                on_news(f"{threads} thread{'s' * (threads > 1)} (round {number + 1} of {ROUNDS})")
                # Turn and turn about: whatever else the machine does meanwhile slows down both.
                for pacer in pacers:
                    if pacer is not None:
                        pacer.go()
            found = [pacer.figure if pacer else None for pacer in pacers]
            hopeless = [figure is None or bool(figure.problem) for figure in found]
            rates[threads] = (found[0], found[1])
    return Figures(scenario, (spans[0], spans[1]), rates)


def _span(kata: Kata, source: Source, limit: float) -> tuple[Figure, str]:
    """The make-span of the standard piece of work, and what that is."""
    with stopwatch(kata, source, limit) as child:
        try:
            answer = child.ask(threads=0, operations=0)
        except Failed as error:
            return Figure(problem=error.problem, detail=error.detail), ""
    problem = "did not get through" if answer.get("problem") else ""
    figure = Figure(answer.get("nanoseconds", 0), problem, answer.get("problem", ""))
    return figure, answer["scenario"]


class _Pacer:
    """Measures one implementation again and again; remembers the best, and what kept it from going on."""

    def __init__(self, child: Stopwatch, threads: int, seconds: float) -> None:
        self._child = child
        self._threads = threads
        self._seconds = seconds
        self._operations = 0
        self.figure = Figure()

    def go(self) -> None:
        """Measure once more, unless it has failed before."""
        if self.figure.problem:
            return
        try:
            if not self._operations:
                self._operations = self._find_pace()
            took, done = self._run(self._operations)
            self.figure = max(self.figure, Figure(done / took), key=lambda figure: figure.value)
        except Failed as error:
            self.figure = Figure(problem=error.problem, detail=error.detail)

    def _find_pace(self) -> int:
        """How many operations fill the time; the first tries also warm everything up."""
        operations = self._threads
        while True:
            took, _ = self._run(operations)
            if took >= min(_FIRST, self._seconds):
                return max(self._threads, int(operations * self._seconds / took))
            operations *= 10 if took < _FIRST / 20 else 2

    def _run(self, operations: int) -> tuple[float, int]:
        answer = self._child.ask(threads=self._threads, operations=operations)
        if answer["operations"] != operations:
            raise Failed("failed", f"{operations} operations were asked for, {answer['operations']} done")
        return max(answer["seconds"], 1e-9), operations
