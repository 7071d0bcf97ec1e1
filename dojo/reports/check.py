"""The report of ``check``: what stands in the way of grading, what is still to be written, how the example ended."""

from __future__ import annotations

from dojo.grading.readiness import Readiness
from dojo.grading.result import KataResult, State
from dojo.grading.sandbox.messages import GRADERS_FAULT
from dojo.reports.grade import problem
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, count, line
from dojo.reports.story import seconds

_INDENT = 8
_MOST = 30  # lines of what an example prints


def checked(found: Readiness, page: Page) -> Lines:
    """What to tell about one file.

    Args:
        found: what was seen.
        page: where to.
    """
    headline, style = _headline(found)
    lines = [line((found.kata, STRONG), "   ", (headline, style))]
    if found.problem is not None:
        return [
            *lines,
            *problem(KataResult(found.kata, found.path, _state(found), problem=found.problem), page),
        ]
    if found.untouched:
        return lines + page.paragraph(
            f"write your code in {found.path}, then check it again", 2, label="next  "
        )
    if found.unfinished:
        names = ", ".join(found.unfinished)
        lines += page.paragraph(names, 2, label="to do ")
        lines += page.paragraph("the example is not run until they are written", _INDENT, style=DIM)
    elif found.needs:
        text = f"the example is not run: it needs {' and '.join(found.needs)}, of which only the stub is here"
        lines += page.paragraph(text, 2, label="note  ")
    if found.example is not None:
        lines += _example(found, page)
    return lines


def _headline(found: Readiness) -> tuple[str, str]:
    if found.problem is not None:
        return _state(found).value, BAD
    if found.untouched:
        return State.NOT_STARTED.value, WARN
    if found.unfinished:
        of = f"{len(found.unfinished)} of {count(found.functions, 'function')}"
        return f"can be graded, but {of} still to be written", WARN
    if not found.ok:
        return "can be graded, but its example does not run as it should", WARN
    return "can be graded", GOOD


def _state(found: Readiness) -> State:
    ours = found.problem is not None and found.problem.remedy == GRADERS_FAULT
    return State.BROKEN if ours else State.REFUSED


def _example(found: Readiness, page: Page) -> Lines:
    ended = found.example
    assert ended is not None
    if ended.ok:
        text = f"its example runs to the end, in {seconds(found.elapsed)} of virtual time"
        lines = page.paragraph(text, 2, label="ok    ")
    else:
        lines = page.paragraph(f"its example: {ended.kind}", 2, label="FAIL  ", style=STRONG)
        lines += page.paragraph(ended.message, _INDENT, most=8)
        if ended.line:
            lines += page.paragraph(f"{found.path}:{ended.line}", _INDENT, label="at      ")
    printed = ended.printed.splitlines()
    for each in printed[:_MOST]:
        lines += page.paragraph(each, _INDENT, label="| ", style=DIM)
    if len(printed) > _MOST or ended.lost:
        lines += page.paragraph("...", _INDENT, label="| ", style=DIM)
    return lines
