"""Figures are in a table that fits, with ratios, and say what they are worth."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from dojo.checking.verdict import Status
from dojo.grading.measuring.figures import Figures
from dojo.grading.measuring.pace import Figure
from dojo.grading.result import State
from dojo.reports.figures import figures, properties
from dojo.reports.page import Page, plain
from tests.reports.samples import SYNTAX, result, verdict

HELD = result(State.PASSED, verdict(name="jobs are done once"), verdict(name="stop() ends", slug="stop"))
FAILED = result(
    State.FAILED, verdict(name="jobs are done once"), verdict(Status.FAIL, "stop() ends", slug="stop")
)
STUCK = Figure(problem="did not end in 10 s", detail="stuck at katas/concurrency/worker_pool.py:52")
MEASURED = Figures(
    "10 jobs of 1 s on 3 workers",
    (Figure(4_500_000_000), Figure(4_000_000_000)),
    {1: (Figure(123_456.7), Figure(246_913.4)), 8: (STUCK, Figure(98.76))},
)


def table(
    columns: int = 80, measured: Figures = MEASURED, mine: object = FAILED, size: int | None = 90
) -> str:
    return plain(figures((size, 120), (mine, HELD), measured, Page(columns)))  # type: ignore[arg-type]


def row(text: str, beginning: str) -> list[str]:
    (found,) = [line for line in text.splitlines() if line.strip().startswith(beginning)]
    return found.strip().removeprefix(beginning).split()


def test_every_figure_with_its_ratio() -> None:
    """Three digits of a pace, exact virtual time; one's own divided by the reference's."""
    text = table()
    assert row(text, "lines of code") == ["90", "120", "0.75"]
    assert row(text, "schedules explored") == ["2,824", "2,824"]
    assert row(text, "10 jobs of 1 s on 3 workers") == ["4.5", "s", "4", "s", "1.12"]
    assert row(text, "operations/s, 1 thread") == ["123,000", "247,000", "0.50"]


def test_what_did_not_end_says_so() -> None:
    """In the table in short, below it where the code is stuck; there is no ratio then."""
    text = table()
    assert row(text, "operations/s, 8 threads") == ["did", "not", "end", "in", "10", "s", "99"]
    assert "yours, operations/s, 8 threads: did not end in 10 s: stuck at katas/" in " ".join(text.split())


def test_what_the_figures_are_worth() -> None:
    """They are no part of a verdict; those of code that fails say little."""
    text = " ".join(table().split())
    assert "wall-clock figures of this machine" in text and "no part of any verdict" in text
    assert "says little" in text
    assert "says little" not in " ".join(table(mine=HELD).split())


def test_what_was_not_measured_is_a_dash() -> None:
    """A file that cannot be run has no figures, a kata without a standard piece of work has no line for it."""
    text = table(
        measured=Figures("", (None, None), {1: (None, Figure(1000.0))}), size=None, mine=result(State.REFUSED)
    )
    assert row(text, "lines of code") == ["-", "120"]
    assert row(text, "schedules explored") == ["-", "2,824"]
    assert row(text, "operations/s, 1 thread") == ["-", "1,000"]
    assert "10 jobs" not in text


@pytest.mark.parametrize("columns", [40, 60, 80, 140])
def test_tables_fit(columns: int) -> None:
    """Where columns do not fit the values stand below what they are; nothing is lost."""
    text = table(columns) + plain(properties(FAILED, HELD, Page(columns)))
    assert all(cell_len(line) <= columns for line in text.splitlines())
    for each in ("123,000", "247,000", "0.50", "did not end in 10 s", "4.5 s"):
        assert each in text


def test_properties_of_both() -> None:
    """Each with what came of it on either side."""
    text = plain(properties(FAILED, HELD, Page()))
    assert "  holds  holds      jobs are done once" in text
    assert "  FAILS  holds      stop() ends" in text


def test_a_file_that_was_refused_has_no_properties() -> None:
    """It is said why, with the place."""
    refused = replace(result(State.REFUSED), problem=SYNTAX)
    text = plain(properties(refused, HELD, Page()))
    assert "yours: syntax error: '(' was never closed (katas/concurrency/worker_pool.py:12)" in " ".join(
        text.split()
    )
    assert "  -      holds      stop() ends" in text
    text = plain(properties(result(State.NOT_STARTED), HELD, Page()))
    assert "yours: not started yet" in text
