"""One schedule costs no more than it did: counted in calls of functions, as a clock would depend on the machine."""

from __future__ import annotations

import sys

import pytest

from benchmarks.explorer.calls import STRATEGIES, SUBJECTS, calls

# Calls in one run, by version of Python: each subject of benchmarks.explorer.calls in the default order and in
# a random walk. `python -m benchmarks.explorer.calls` prints the line for the Python that runs it.
MEASURED = {
    (3, 11): (389, 515, 589, 1085, 487, 717),
    (3, 12): (375, 501, 575, 1071, 476, 706),
    (3, 13): (371, 497, 569, 1065, 472, 702),
}
ALLOWANCE = 1.1
CASES = [(subject, strategy) for subject in SUBJECTS for strategy in STRATEGIES]


@pytest.mark.parametrize(("subject", "strategy"), CASES)
def test_a_schedule_makes_no_more_calls(subject: str, strategy: str) -> None:
    """A run of a small program makes at most a tenth more calls than when this was last measured."""
    version = sys.version_info[:2]
    if version not in MEASURED:
        pytest.skip(f"nothing measured for Python {version}: see MEASURED")
    before = MEASURED[version][CASES.index((subject, strategy))]
    now = calls(subject, STRATEGIES[strategy])
    assert now <= ALLOWANCE * before, (
        f"one schedule of {subject} ({strategy} order) makes {now} calls of functions, {now / before:.0%} of the "
        f"{before} that were measured: exploring has become slower. Look for what a run, a thread or a step does "
        "more than before (python -m benchmarks.explorer cost shows what each costs). If it is worth its price, "
        "put what `python -m benchmarks.explorer calls` prints, on each Python listed, into MEASURED."
    )


def test_the_count_is_exact() -> None:
    """Counted again, on another machine, it is the same number: it depends on nothing but the code."""
    strategy = STRATEGIES["random"]
    assert calls("if_for_while", strategy) == calls("if_for_while", strategy)
