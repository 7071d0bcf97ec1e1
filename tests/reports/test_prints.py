"""What was printed in a failing run: by whom, where, in order, and no more than one reads."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from dojo.checking.verdict import PRINT, Step
from dojo.reports.page import Page, plain
from dojo.reports.prints import printed
from dojo.reports.replay import trace

from .samples import FILE


def step(text: str, thread: str = "job-1", number: int = 1) -> Step:
    """A step that prints."""
    return Step(number, 0, thread, PRINT, "print(n)", FILE, 7, text, "", text)


OTHER = Step(2, 0, "main", "resume", "", "", 0, "")


def test_the_lines() -> None:
    """A title that counts them, then thread, text and place; steps that are something else are left out."""
    shown = plain(printed([step("n = 1"), OTHER, step("[bold]\x1b", "main"), step("")], Page()))
    assert shown == (
        "        printed in the first failing run above: 3 lines\n"
        "        job-1  n = 1                                            worker_pool.py:7\n"
        "        main   [bold]\\x1b                                       worker_pool.py:7\n"
        "        job-1                                                   worker_pool.py:7\n"
    )


def test_nothing() -> None:
    """That nothing was printed is said: an empty answer would leave one wondering."""
    assert "nothing was printed" in plain(printed([OTHER], Page()))


def test_many_lines() -> None:
    """Thirty are shown and the others counted, unless all are asked for."""
    steps = [step(f"n = {n}") for n in range(100)]
    shown = plain(printed(steps, Page()))
    assert "n = 29 " in shown and "n = 30 " not in shown
    assert "... and 70 more lines: --all shows them here" in shown
    assert "n = 99 " in plain(printed(steps, Page(), everything=True))


@pytest.mark.parametrize("columns", [40, 80, 140])
def test_long_lines_fit(columns: int) -> None:
    """No line is wider than the page, whatever is printed and whoever prints it."""
    lines = printed([step("long " * 100 + "x" * 300, "a-thread-with-quite-a-long-name")], Page(columns))
    assert max(each.cell_len for each in lines) <= columns


def test_prints_in_a_trace() -> None:
    """Among the steps, with their text instead of the source line."""
    shown = plain(trace([OTHER, step("hello", number=3)], Page()))
    assert shown.splitlines()[-1].split() == ["3", "job-1", "prints", "hello", "worker_pool.py:7"]
    assert all(cell_len(each) <= 80 for each in shown.splitlines())
