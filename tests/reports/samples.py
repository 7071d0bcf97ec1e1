"""Hand-made verdicts and results for the tests of the reports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dojo.checking.verdict import Counterexample, Row, Status, Stuck, Verdict, Warned
from dojo.grading.result import KataResult, Problem, State

FILE = "katas/concurrency/worker_pool.py"
TOKEN = "XFF57AXBMQqAMAwF0Lv8-S9pRaRXCRkaE-gobTfx7r6n8B7giz1m9lhohXhyoslH1cJqRjXi8vS4jxPUShGj2A8"

ROWS = [
    Row("main", "with self._lock:", FILE, 33),
    Row("worker-1", "item = self._queue.get()", FILE, 58, "blocked"),
    Row("main", "if self._stopping:", FILE, 35, "preempted"),
    Row("", "2.5 s", "", 0, "clock", 2_500_000_000),
    Row("worker-1", "self._stopping = True  # from now on", FILE, 60, "stalled"),
    Row("worker-1", "ends", "", 0, "ended"),
    Row("main", "self._done.wait()", FILE, 36, "blocked"),
]


def example(**changes: Any) -> Counterexample:
    """A lost wake-up in a pool."""
    sample = Counterexample(
        kind="deadlock: a wait that nobody ends (lost wake-up)",
        message="nobody can go on",
        workload={"workers": "1", "jobs": "2"},
        delays=[(2, 3)],
        stalls=[(2, 10, 2_500_000_001)],
        preemptions=1,
        elapsed=2_500_000_000,
        threads=["main", "worker-1"],
        rows=ROWS,
        stuck=[
            Stuck("main", "blocked", "Condition.wait() on self._done", "", FILE, 36),
            Stuck("worker-1", "blocked", "Lock on self._lock", "main", FILE, 58),
        ],
        place=None,
        token=TOKEN,
        trace_digest="d762",
    )
    return replace(sample, **changes)


def verdict(
    status: Status = Status.PASS, name: str = "stop() loses no accepted job", **changes: Any
) -> Verdict:
    """A verdict; a failed one comes with the example."""
    sample = Verdict(
        property=name,
        why="Every accepted job gives exactly one result.",
        slug="stop_loses_none",
        status=status,
        schedules=1412,
        workloads=10,
        counterexample=example() if status is Status.FAIL else None,
        reason="12 runs were not over after 20000 steps" if status is Status.INCONCLUSIVE else "",
    )
    return replace(sample, **changes)


def result(state: State, *verdicts: Verdict, **changes: Any) -> KataResult:
    """A result on the learner's own file."""
    sample = KataResult("worker_pool", FILE, state, verdicts, len(verdicts))
    return replace(sample, **changes)


RACE = Warned(
    "self._stopping",
    "main write line 44 in WorkerPool.stop",
    "worker-1 read line 60 in WorkerPool._run",
)
HARMLESS = replace(RACE, what="self._flag", harmless="a stop flag")
SYNTAX = Problem("syntax error: '(' was never closed", FILE, 12, "mend the line and grade again")
