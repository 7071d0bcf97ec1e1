"""Both implementations are measured, in turns; what hangs, raises or dies costs its own figure alone."""

from __future__ import annotations

import os

import pytest

from dojo.grading.catalogue import load
from dojo.grading.measuring.figures import Figures, measure
from dojo.grading.measuring.stopwatch_process import Source

KATA = load()["semaphore"]
SOLUTION = KATA.solution.read_text("utf-8")
TAKE = "        with self._lock:\n            return self._take(weight)"
ACQUIRE = "            if self._take(weight):\n                return\n"


def figures(mine: str | None, *, limit: float = 1.0, kata: str = "semaphore") -> Figures:
    entry = load()[kata]
    reference = Source(entry.solution.read_text("utf-8"), "reference.py")
    own = None if mine is None else Source(mine, "mine.py")
    return measure(entry, own, reference, seconds=0.02, limit=limit)


def test_both_are_measured() -> None:
    """Virtual time exactly, paces on one and on eight threads."""
    found = figures(SOLUTION, limit=10)
    assert found.scenario == "10 jobs of 1 s over 3 permits"
    assert [figure and figure.value for figure in found.spans] == [4e9, 4e9]
    assert list(found.rates) == [1, 8]
    assert all(
        figure and figure.value > 0 and not figure.problem for pair in found.rates.values() for figure in pair
    )


def test_the_reference_alone() -> None:
    """Where there is nothing to run on one side the other is measured all the same."""
    found = figures(None, limit=10)
    assert found.spans[0] is None and all(pair[0] is None and pair[1] for pair in found.rates.values())


def test_a_kata_without_a_standard_piece_of_work() -> None:
    """Has no line for it; and siblings come from solutions/, as in the simulator."""
    entry = load()["error_helpers"]
    found = figures(entry.solution.read_text("utf-8"), limit=10, kata="error_helpers")
    assert found.scenario == ""
    retry = load()["retry"].solution.read_text("utf-8")
    assert "from .error_helpers import" in retry
    rates = figures(retry, limit=10, kata="retry").rates
    assert rates[1][0] and rates[1][0].value > 0


def test_code_that_hangs_is_given_up() -> None:
    """The figure says so and where; the reference is measured, and it is not tried with more threads."""
    hanging = SOLUTION.replace(ACQUIRE, "            while True:\n                time.sleep(0.01)\n")
    assert hanging != SOLUTION
    found = figures(hanging)
    mine, reference = found.rates[1]
    line = hanging.splitlines().index("                time.sleep(0.01)") + 1
    assert mine and mine.problem == "did not end in 1 s" and mine.detail == f"stuck at mine.py:{line}"
    assert reference and reference.value > 0
    assert found.rates[8][0] is None and found.rates[8][1]
    assert found.spans[0] and found.spans[0].problem


def test_a_loop_that_never_lets_go_is_given_up() -> None:
    """Also where no thread of Python gets a turn any more."""
    hanging = SOLUTION.replace(ACQUIRE, "            sum(iter(int, 1))\n")
    mine, _ = figures(hanging).rates[1]
    assert mine and mine.problem == "did not end in 1 s" and "mine.py:" in mine.detail


@pytest.mark.parametrize(
    ("code", "problem", "detail"),
    [
        ("            raise LookupError('no such permit')\n", "failed", "LookupError: no such permit"),
        ("            raise SystemExit(3)\n", "failed", "SystemExit: 3"),
        ("            x = [0] * 10**12\n", "failed", "MemoryError"),
    ],
)
def test_code_that_raises(code: str, problem: str, detail: str) -> None:
    """What it raised is told."""
    mine, reference = figures(SOLUTION.replace(ACQUIRE, code), limit=5).rates[1]
    assert mine and mine.problem == problem and detail in mine.detail
    assert reference and reference.value > 0


def test_code_that_takes_its_process_down() -> None:
    """A crash of the interpreter is a crash of the child alone."""
    crash = SOLUTION + "\nimport ctypes\nctypes.string_at(0)\n"  # what a submission could not import
    mine, reference = figures(crash, limit=5).rates[1]
    assert mine and mine.problem == "crashed" and reference and reference.value > 0


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="lists children the Linux way")
def test_no_child_is_left_behind() -> None:
    """Neither after a hang nor after an error of ours in the middle."""

    def children() -> str:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return file.read()

    before = children()

    def interrupt(what: str) -> None:
        if what.startswith("8 threads"):
            raise KeyboardInterrupt

    reference = Source(SOLUTION, "reference.py")
    with pytest.raises(KeyboardInterrupt):
        measure(KATA, reference, reference, seconds=0.02, on_news=interrupt)
    figures(SOLUTION.replace(ACQUIRE, "            threading.Event().wait()\n"))
    assert children() == before
