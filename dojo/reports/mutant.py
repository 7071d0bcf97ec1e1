"""A known bug as it happens: its story, what it changes, and the smallest interleaving in which it bites."""

from __future__ import annotations

import difflib

from dojo.grading.mutants import Mutant
from dojo.grading.result import KataResult
from dojo.reports.failure import in_full
from dojo.reports.page import BAD, DIM, GOOD, STRONG, Lines, Page, line

_CONTEXT = 2  # lines around a change


def happening(mutant: Mutant, solution: str, result: KataResult, page: Page) -> Lines:
    """The bug.

    Args:
        mutant: the bug.
        solution: what it was planted into.
        result: of the one property that must notice it; its verdict is a failure.
        page: where to.
    """
    lines = [line((mutant.name, STRONG))]
    lines += page.paragraph(mutant.story, 2)
    if mutant.shipped:
        lines += page.paragraph(mutant.shipped, 2, label="shipped in  ", style=DIM)
    lines += [line(""), *_change(mutant, solution, result.path, page), line("")]
    return lines + in_full(result.verdicts[0], result, page)


def _change(mutant: Mutant, solution: str, path: str, page: Page) -> Lines:
    """The lines that are different, with their surroundings."""
    before, after = solution.splitlines(), mutant.source.splitlines()
    lines: Lines = []
    for text in list(difflib.unified_diff(before, after, n=_CONTEXT, lineterm=""))[2:]:
        if text.startswith("@@"):
            number = text.split("+")[1].partition(",")[0].partition(" ")[0]
            lines.append(line((f"{path}:{number}", DIM)))
            continue
        style = {"-": BAD, "+": GOOD}.get(text[0], "")
        lines.append(line((f"  {text[0]} {page.clean(text[1:])}".rstrip(), style)))
    return lines
