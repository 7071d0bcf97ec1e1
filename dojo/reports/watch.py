"""What ``watch`` says besides the report: the early news, a problem in one line, what each key does."""

from __future__ import annotations

from collections.abc import Sequence

from dojo.checking.verdict import Status, Verdict
from dojo.grading.catalogue import Kata
from dojo.grading.paths import display_name
from dojo.grading.result import KataResult, State
from dojo.reports.failure import in_full
from dojo.reports.grade import report
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, line

KEYS = (("h", "hint"), ("c", "compare"), ("n", "next kata"), ("r", "run all, in full"), ("q", "quit"))
_NEWS = {
    Status.FAIL: ("still fails", BAD),
    Status.PASS: ("what failed holds now", GOOD),
    Status.INCONCLUSIVE: ("what failed is undecided now", WARN),
    Status.BROKEN: ("what failed cannot be checked now", WARN),
}


def early(verdict: Verdict, result: KataResult, page: Page) -> Lines:
    """The news on the property that failed last time, while the others are still being checked.

    Args:
        verdict: on that property.
        result: what is known of the file so far.
        page: where to.
    """
    what, style = _NEWS[verdict.status]
    lines = [line((result.kata, STRONG), "   ", (what, style), ("   checking the others", DIM)), line("")]
    if verdict.status is Status.FAIL:
        return lines + in_full(verdict, result, page)
    return lines + page.paragraph(verdict.property, 2, label="first ")


def outcome(result: KataResult, page: Page, *, everything: bool = False, rung: int = 0) -> Lines:
    """The report on a save; for a file that cannot be graded only the problem, in one line.

    Args:
        result: the outcome.
        page: where to.
        everything: all failures in full, and every passed property.
        rung: which hint comes next; 0 if there is none to be had.
    """
    if result.state is State.NOT_STARTED:
        text = f"not started yet: write your code in {result.path}"
        return page.paragraph(text, 0, label=f"{result.kata}   ", style=WARN)
    problem = result.problem
    if result.state is not State.REFUSED or result.verdicts or problem is None:
        return report(result, page, everything=everything, rung=rung, others="r shows the others in full")
    place = f"{result.path}:{problem.line}" if problem.line else result.path
    return page.paragraph(f"{place}: {problem.message}", 0, label=f"{result.kata}   ", style=WARN, most=4)


def onward(following: Kata | None, page: Page) -> Lines:
    """What to do after a pass.

    Args:
        following: the kata to go on with; None if all are passed.
        page: where to.
    """
    text = "that was the last one: all katas passed"
    if following is not None:
        text = f"{following.name}, {following.summary}"
    label = "n     " if following is not None else "next  "
    return page.paragraph(text, 2, label=label, style=STRONG)


def waiting(kata: Kata, page: Page, *, seconds: float = 0.0) -> Lines:
    """What is being waited for: a save, or one of the keys.

    Args:
        kata: the kata.
        page: where to.
        seconds: what the grading took; 0 to say nothing of it.
    """
    took = f" (graded in {seconds:.1f} s)" if seconds else ""
    file = display_name(page.workspace.stub(kata))
    lines = page.paragraph(f"waiting for a save of {file}{took}", 0, style=DIM)
    return lines + _keys(KEYS, page)


def note(text: str, page: Page) -> Lines:
    """Something to be said in between."""
    return page.paragraph(text, 2, label="note  ", style=WARN)


def _keys(keys: Sequence[tuple[str, str]], page: Page) -> Lines:
    """Keys and what they do, in as many lines as it takes; no key is parted from its meaning."""
    lines = [line("")]
    for key, what in keys:
        gap = "   " if lines[-1].cell_len else ""
        if lines[-1].cell_len + len(gap) + len(key) + 1 + len(what) > page.width:
            lines.append(line(""))
            gap = ""
        lines[-1] = line(lines[-1], gap, (key, STRONG), f" {what}")
    return lines
