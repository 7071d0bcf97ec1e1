"""What the code printed in a run: a line for each line, behind the thread that printed it, and where."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from dojo.checking.verdict import PRINT, Step
from dojo.reports.page import DIM, STRONG, Lines, Page, count, line
from dojo.reports.story import where

_INDENT = 8
_GAP = 2
_LONGEST_NAME = 16
_MOST = 30  # lines shown unless all are asked for
_MOST_LINES = 3  # of one line that is too long for the page


def printed(steps: Sequence[Step], page: Page, *, everything: bool = False) -> Lines:
    """What was printed, in the order in which it was.

    Args:
        steps: of the run.
        page: where to.
        everything: all lines that were kept, however many.
    """
    found = [step for step in steps if step.kind == PRINT]
    title = f"printed in the first failing run above: {count(len(found), 'line')}"
    if not found:
        return page.paragraph("nothing was printed in the first failing run", _INDENT, style=DIM)
    lines = page.paragraph(title, _INDENT, style=STRONG)
    shown = found if everything else found[:_MOST]
    names = min(_LONGEST_NAME, page.width // 5, max(cell_len(page.clean(step.thread)) for step in shown))
    margin = page.width - min(page.width // 4, max(len(where(step.file, step.line)) for step in shown))
    for step in shown:
        lines += _row(step, page, names, margin)
    if len(found) > len(shown):
        more = f"... and {count(len(found) - len(shown), 'more line')}: --all shows them here, "
        lines += page.paragraph(f"{more}`replay` where they were printed", _INDENT, style=DIM)
    return lines


def _row(step: Step, page: Page, names: int, margin: int) -> Lines:
    name = page.cut_left(step.thread, names)
    begin = _INDENT + names + _GAP
    first, *more = page.wrap(step.value, margin - _GAP - begin, _MOST_LINES)
    place = page.cut_left(where(step.file, step.line), page.width - margin)
    lead = " " * _INDENT + name + " " * (begin - _INDENT - cell_len(name))
    gap = " " * (margin - begin - cell_len(first))
    return [
        line(lead, first, (gap + place if place else "", DIM)),
        *(line(" " * begin + part) for part in more),
    ]
