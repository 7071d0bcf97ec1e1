"""Takes the pace of implementations in turns, each in a process of its own: throughput, or the time of one call.

A tool that finishes one subject before it begins with the next would compare one moment of the machine with
another. Here they take turns, A B A B, so that whatever else the machine does slows down all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dojo.grading.measuring.stopwatch_process import Failed, Stopwatch

_FIRST = 0.03  # seconds from which the pace of a first try tells how much to do
_MOST_CALLS = 20_000  # whose times are taken one by one, which needs memory for each


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value, or why there is none.

    Attributes:
        value: operations per second, or nanoseconds.
        problem: in short: "did not end in 10 s"; "" if there is a value.
        detail: where it hung, what it raised.
    """

    value: float = 0.0
    problem: str = ""
    detail: str = ""


class Pacer:
    """Measures one implementation again and again, until something keeps it from going on.

    Attributes:
        rates: operations per second, of each round.
        tails: nanoseconds that 99 of 100 calls stay within, of each round.
        problem: what went wrong, a figure without a value; None so far.
    """

    def __init__(self, child: Stopwatch, threads: int, seconds: float) -> None:
        """Make one that has not measured yet.

        Args:
            child: the process to ask.
            threads: how many perform the operations.
            seconds: how long one round is to take.
        """
        self._child = child
        self._threads = threads
        self._seconds = seconds
        self._operations = 0
        self._calls = 0
        self.rates: list[float] = []
        self.tails: list[float] = []
        self.problem: Figure | None = None

    @property
    def best(self) -> Figure:
        """The highest rate, or what went wrong."""
        return self.problem or Figure(max(self.rates, default=0.0))

    def go(self) -> None:
        """Measure the throughput once more, unless something has failed before."""
        self._guarded(self._throughput)

    def time_calls(self) -> None:
        """Take the time of single calls once more, which is a run of its own: the clock costs throughput."""
        self._guarded(self._tail)

    def _guarded(self, measure: Callable[[], None]) -> None:
        if self.problem is None:
            try:
                measure()
            except Failed as error:
                self.problem = Figure(problem=error.problem, detail=error.detail)

    def _throughput(self) -> None:
        if not self._operations:
            self._operations = self._fill(calls=False)
        self.rates.append(self._operations / self._run(self._operations)[0])

    def _tail(self) -> None:
        if not self._calls:
            self._calls = min(_MOST_CALLS, self._fill(calls=True))
        self.tails.append(self._run(self._calls, calls=True)[1])

    def _fill(self, *, calls: bool) -> int:
        """How many operations fill the time; the first tries also warm everything up."""
        operations = self._threads
        while True:
            took, _ = self._run(operations, calls=calls)
            if took >= min(_FIRST, self._seconds) or (calls and operations >= _MOST_CALLS):
                return max(self._threads, int(operations * self._seconds / took))
            operations *= 10 if took < _FIRST / 20 else 2

    def _run(self, operations: int, *, calls: bool = False) -> tuple[float, float]:
        """Seconds that so many operations took, and the tail of their single times if it was asked for."""
        answer = self._child.ask(threads=self._threads, operations=operations, calls=calls)
        if answer["operations"] != operations:
            raise Failed("failed", f"{operations} operations were asked for, {answer['operations']} done")
        return max(answer["seconds"], 1e-9), answer.get("tail", 0.0)


def take_turns(
    pacers: Sequence[Pacer | None],
    rounds: int,
    measure: Callable[[Pacer], None] = Pacer.go,
    on_round: Callable[[str], None] = lambda what: None,
) -> None:
    """Have everybody measure once, and then again, so many times.

    Args:
        pacers: who; None for nobody.
        rounds: how often.
        measure: what each does when it is its turn.
        on_round: told which round begins, "round 1 of 3".
    """
    for number in range(rounds):
        on_round(f"round {number + 1} of {rounds}")
        for pacer in pacers:
            if pacer is not None:
                measure(pacer)
