"""What was measured of two implementations, as tables: which properties hold, sizes, times, paces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from dojo.checking.verdict import Status, Verdict
from dojo.grading.measuring.figures import ROUNDS, SECONDS, Figures, Pair
from dojo.grading.measuring.pace import Figure
from dojo.grading.result import KataResult, Problem, State
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, count, line
from dojo.reports.story import seconds

_INDENT = 2
_HEADINGS = ("yours", "reference", "ratio")
_GAP = 3
_NARROWEST = 20  # columns for what a row is about
_WORDS = {
    Status.PASS: ("holds", GOOD),
    Status.FAIL: ("FAILS", BAD),
    Status.INCONCLUSIVE: ("open", WARN),
    Status.BROKEN: ("fault", WARN),
}
_ABOUT = (
    "ratio: yours divided by the reference. Paces are wall-clock figures of this machine, the best of "
    f"{ROUNDS} runs of {SECONDS:g} s each, in turns; another run gives other ones, and they are no part of "
    "any verdict."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table: what it is, both values as text, their ratio as text."""

    what: str
    mine: str
    reference: str
    ratio: str = ""


def properties(mine: KataResult, reference: KataResult, page: Page) -> Lines:
    """Which properties hold, for both, and why some were not checked."""
    lines = [line(("Properties", STRONG))]
    problem = mine.problem
    if problem is not None:
        lines += refused(problem.message, page, problem)
    elif mine.state is State.NOT_STARTED:
        lines += refused(mine.state.value, page)
    own = {verdict.slug: verdict for verdict in mine.verdicts}
    theirs = {verdict.slug: verdict for verdict in reference.verdicts}
    lines.append(line((f"{'':{_INDENT}}yours  reference", DIM)))
    for slug, verdict in (own | theirs).items():
        first, style = _word(own.get(slug))
        second, _ = _word(theirs.get(slug))
        label = f"{first:<5}  {second:<9}  "
        parts = page.wrap(verdict.property, page.width - _INDENT - len(label))
        lines.append(line(" " * _INDENT, (f"{first:<5}", style), f"  {second:<9}  ", parts[0]))
        lines += [line(" " * (_INDENT + len(label)), part) for part in parts[1:]]
    return lines


def refused(message: str, page: Page, problem: Problem | None = None) -> Lines:
    """Why one's own code cannot be graded or measured, with the place in it if there is one."""
    if problem is not None:
        message += f" ({problem.file}:{problem.line})" if problem.line else f" ({problem.file})"
    return page.paragraph(message, _INDENT, label="yours: ", style=WARN)


def _word(verdict: Verdict | None) -> tuple[str, str]:
    return ("-", DIM) if verdict is None else _WORDS[verdict.status]


def figures(
    code: tuple[int | None, int], results: tuple[KataResult, KataResult], measured: Figures, page: Page
) -> Lines:
    """The table of figures, what could not be measured, and what the figures are worth.

    Args:
        code: lines of code of both; None for what cannot be parsed.
        results: of grading both.
        measured: what was measured.
        page: where to.
    """
    mine, reference = code
    explored = [result.schedules for result in results]
    entries = [
        Entry(
            "lines of code",
            "-" if mine is None else f"{mine:,}",
            f"{reference:,}",
            _ratio(mine or 0, reference),
        ),
        Entry("schedules explored", *(f"{number:,}" if number else "-" for number in explored)),
    ]
    problems: list[tuple[str, Figure]] = []
    if measured.scenario:
        entries.append(_entry(measured.scenario, measured.spans, _span, problems))
    for threads, pair in measured.rates.items():
        entries.append(_entry(f"operations/s, {count(threads, 'thread')}", pair, _pace, problems))
    lines = [line(("Figures", STRONG)), *_table(entries, page)]
    for what, figure in problems:
        detail = f"{figure.problem}: {figure.detail}" if figure.detail else figure.problem
        lines += page.paragraph(detail, _INDENT, label=f"{what}: ", style=WARN, most=6)
    if results[0].state is not State.PASSED and any(pair[0] for pair in measured.rates.values()):
        text = "Your code does not hold all of its promises (yet): what it costs says little so far."
        lines += page.paragraph(text, _INDENT)
    return lines + page.paragraph(_ABOUT, _INDENT, style=DIM)


def _entry(what: str, pair: Pair, show: Callable[[float], str], problems: list[tuple[str, Figure]]) -> Entry:
    """A row; what could not be measured is noted in ``problems``."""
    texts = []
    for whose, figure in zip(("yours", "reference"), pair, strict=True):
        if figure is None:
            texts.append("-")
        elif figure.problem:
            texts.append(figure.problem)
            problems.append((f"{whose}, {what}", figure))
        else:
            texts.append(show(figure.value))
    mine, reference = pair
    both = mine is not None and reference is not None and not mine.problem and not reference.problem
    ratio = _ratio(mine.value, reference.value) if both and mine and reference else ""
    return Entry(what, texts[0], texts[1], ratio)


def _span(nanoseconds: float) -> str:
    return seconds(int(nanoseconds))


def _pace(rate: float) -> str:
    """Three digits: the others are noise."""
    digits = max(0, len(f"{rate:.0f}") - 3)
    return f"{round(rate, -digits):,.0f}"


def _ratio(mine: float, reference: float) -> str:
    return f"{mine / reference:.2f}" if mine and reference else ""


def _table(entries: Sequence[Entry], page: Page) -> Lines:
    """The rows in columns; where the page is too narrow for that, the values under what they are."""
    cells = [(each.mine, each.reference, each.ratio) for each in entries]
    widths = [max(map(cell_len, column)) for column in zip(_HEADINGS, *cells, strict=True)]
    room = page.width - _INDENT - sum(widths) - _GAP * len(widths)
    if room < _NARROWEST:
        return _stacked(entries, page)
    room = min(room, max(cell_len(each.what) for each in entries))
    lines = [_row("", _HEADINGS, widths, room, DIM)]
    for each, values in zip(entries, cells, strict=True):
        first, *more = page.wrap(each.what, room)
        lines.append(_row(first, values, widths, room))
        lines += [line(" " * _INDENT + part) for part in more]
    return lines


def _row(what: str, values: Sequence[str], widths: Sequence[int], room: int, style: str = "") -> Text:
    text = what + " " * (room - cell_len(what))
    for value, width in zip(values, widths, strict=True):
        text += " " * (_GAP + width - cell_len(value)) + value
    return line(" " * _INDENT, (text, style))


def _stacked(entries: Sequence[Entry], page: Page) -> Lines:
    lines: Lines = []
    for each in entries:
        lines += page.paragraph(each.what, _INDENT)
        for heading, value in zip(_HEADINGS, (each.mine, each.reference, each.ratio), strict=True):
            if value:
                lines += page.paragraph(value, 2 * _INDENT, label=f"{heading:<10}")
    return lines
