"""Hints on the terminal: what is broken, the rungs seen so far, the new one last."""

from __future__ import annotations

from collections.abc import Sequence

from dojo.grading.learner.hints import RUNGS
from dojo.reports.page import DIM, GOOD, STRONG, Lines, Page, line

_INDENT = 2


def hinted(
    kata: str, promise: str, kind: str, rungs: Sequence[str], page: Page, *, seen: int, edited: bool
) -> Lines:
    """The hints for the last failure.

    Args:
        kata: the kata's name.
        promise: the broken property in words.
        kind: how it broke.
        rungs: the hints to show.
        page: where to.
        seen: how many of them were shown before.
        edited: whether the file has changed since the failure.
    """
    lines = page.paragraph(f"{promise}: {kind}", 0, label=f"{kata}   ", style=DIM)
    if edited:
        text = "your file has changed since it was graded; this is about the version before"
        lines += page.paragraph(text, _INDENT, label="note  ", style=DIM)
    lines.append(line(""))
    for number, text in enumerate(rungs, 1):
        style = STRONG if number > seen or number == RUNGS else ""
        lines += page.paragraph(text, _INDENT, label=f"{number} of {RUNGS}  ", style=style)
        lines.append(line(""))
    left = RUNGS - len(rungs)
    following = f"{page.workspace.program} {'hint' if left else 'replay'} {kata}"
    why = f"{left} more" if left else "no more hints: see the run step by step"
    lines.append(line(" " * _INDENT, (following, STRONG)))
    if lines[-1].cell_len + len(why) + 5 <= page.width:
        lines[-1].append(f"   ({why})", DIM)
    else:
        lines += page.paragraph(f"({why})", _INDENT + 2, style=DIM)
    return lines


def remembered(kata: str, told: Sequence[tuple[str, Sequence[str]]], page: Page) -> Lines:
    """The hints that were shown on the way to a solved kata.

    Args:
        kata: the kata's name.
        told: each broken property in words, with its hints.
        page: where to.
    """
    lines = [line((kata, STRONG), "   ", ("solved", GOOD))]
    if not told:
        return lines + page.paragraph("You have asked for no hint on the way.", _INDENT)
    for promise, rungs in told:
        lines += [line(""), *page.paragraph(promise, _INDENT, style=STRONG)]
        for number, text in enumerate(rungs, 1):
            lines += page.paragraph(text, _INDENT, label=f"{number} of {RUNGS}  ")
    return lines
