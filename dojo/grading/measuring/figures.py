"""Measures a learner's file and the reference, taking turns: what one costs in relation to the other.

Wall-clock figures of one machine, at one moment, never part of a verdict. The code may hang or crash, so each
of the two runs in a child process of its own, under a time limit.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from dojo.grading.catalogue import Kata
from dojo.grading.measuring.pace import Figure, Pacer, take_turns
from dojo.grading.measuring.stopwatch_process import Failed, Source, stopwatch

THREADS = (1, 8)
SECONDS = 0.3  # how long one measurement takes
ROUNDS = 3
LIMIT = 10.0  # seconds after which a measurement is given up

OnNews = Callable[[str], None]
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
                Pacer(stack.enter_context(stopwatch(kata, source, limit)), threads, seconds)
                if source and not skipped
                else None
                for source, skipped in zip(sources, hopeless, strict=True)
            ]
            on_round = partial(_tell, on_news, f"{threads} thread{'s' * (threads > 1)}")
            take_turns(pacers, ROUNDS, on_round=on_round)
            found = [pacer.best if pacer else None for pacer in pacers]
            hopeless = [figure is None or bool(figure.problem) for figure in found]
            rates[threads] = (found[0], found[1])
    return Figures(scenario, (spans[0], spans[1]), rates)


def _tell(on_news: OnNews, crowd: str, number: str) -> None:
    on_news(f"{crowd} ({number})")


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
