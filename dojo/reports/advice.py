"""Race warnings as advice: both accesses of each pair, every pair of lines once, harmless ones only counted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dojo.checking.verdict import Verdict, Warned
from dojo.grading.result import KataResult
from dojo.reports.page import DIM, STRONG, WARN, Lines, Page, count

_INDENT = 8
_MOST = 3  # pairs shown unless all are asked for
_PLACE = re.compile(r"line \d+ in .*$")

_Key = tuple[str, frozenset[str]]


def advice(result: KataResult, page: Page, *, strict: bool, everything: bool) -> Lines:
    """What to tell about the races of a kata.

    Args:
        result: the outcome.
        page: where to.
        strict: whether they counted as failures.
        everything: all pairs, harmless ones too.
    """
    warnings = distinct(result.verdicts)
    serious = [each for each in warnings if not each.harmless]
    harmless = [each for each in warnings if each.harmless]
    shown = warnings if everything else serious[:_MOST]
    hidden = len(serious) - len(serious[:_MOST])
    if serious:
        what = "counts as a failure" if strict else "advice, not a failure"
        lines = page.paragraph(
            f"{count(len(serious), 'pair')} of accesses that nothing puts in order: {what}",
            2,
            label="race  ",
            style=WARN,
        )
    elif harmless:
        lines = page.paragraph(f"{count(len(harmless), 'harmless race')}", 2, label="race  ", style=DIM)
    else:
        return []
    for each in shown:
        lines += race(each, page)
    left_out = [count(hidden, "more pair")] if hidden else []
    left_out += [count(len(harmless), "harmless race")] if harmless else []
    if left_out and not everything:
        lines += page.paragraph(f"--all shows {' and '.join(left_out)}", _INDENT, style=DIM)
    return lines


def distinct(verdicts: Iterable[Verdict]) -> list[Warned]:
    """One warning for each pair of lines, whichever threads met there and in whichever order."""
    found: dict[_Key, Warned] = {}
    for verdict in verdicts:
        for each in verdict.warnings:
            places = (_PLACE.search(side) for side in (each.first, each.second))
            key = (each.what, frozenset(place.group() for place in places if place))
            # One property may call harmless what another shows not to be.
            if key not in found or (found[key].harmless and not each.harmless):
                found[key] = each
    return list(found.values())


def race(warning: Warned, page: Page) -> Lines:
    """A pair of accesses: what both are to, then each of them."""
    what = f"{warning.what} (harmless: {warning.harmless})" if warning.harmless else warning.what
    lines = page.paragraph(what, _INDENT, style=STRONG)
    return lines + page.paragraph(warning.first, _INDENT + 2) + page.paragraph(warning.second, _INDENT + 2)
