"""The board: every kata with its state, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len

from dojo.grading.catalogue import Kata
from dojo.grading.paths import display_name
from dojo.grading.progress import Last
from dojo.grading.result import State
from dojo.reports.failure import PROGRAM
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, count, line

_STYLES = {State.PASSED: GOOD, State.FAILED: BAD, State.NOT_STARTED: DIM}
_UNFINISHED = (State.FAILED, State.REFUSED, State.INCONCLUSIVE, State.BROKEN)
_HEADINGS = ("kata", "title", "level", "min", "state")

Lookup = Callable[[Kata], Last | None]


def board(katas: Iterable[Kata], last: Lookup, edited: Callable[[Kata], bool], page: Page) -> Lines:
    """All katas by group, then the one to go on with.

    Args:
        katas: in learning order.
        last: the last result of a kata.
        edited: whether its file has changed since that result.
        page: where to.
    """
    listed = list(katas)
    if not listed:
        return [line("There are no katas in katas/katas.toml.")]
    states = {kata.name: _state(last(kata), edited(kata)) for kata in listed}
    done = {kata.name for kata in listed if (result := last(kata)) and result.state is State.PASSED}
    score = f"{len(done)} of {count(len(listed), 'kata')} passed"
    lines = [line(("Concurrency dojo", STRONG), f"   {score}"), line("")]
    lines += _table(listed, states, last, page)
    return [*lines, line(""), *_next(listed, done, last, edited, page)]


def _state(result: Last | None, edited: bool) -> str:
    if result is None or (edited and result.state is State.NOT_STARTED):
        return "not graded yet"
    text = result.state.value
    if result.state in (State.PASSED, State.FAILED, State.INCONCLUSIVE):
        text += f" {result.passed}/{result.properties}"
    return f"{text}, edited" if edited else text


def _table(katas: Sequence[Kata], states: dict[str, str], last: Lookup, page: Page) -> Lines:
    name_width = max(len(text) for text in [_HEADINGS[0], *(kata.name for kata in katas)])
    state_width = max(len(text) for text in [_HEADINGS[4], *states.values()])
    fixed = 2 + name_width + 2 + 2 + 5 + 2 + 3 + 2 + state_width
    title_width = min(page.width - fixed, max(cell_len(page.clean(kata.title)) for kata in katas))
    # A terminal too narrow for all of it goes without the titles: the name says nearly as much.
    shows_title = title_width >= 12

    def row(name: str, title: str, level: str, minutes: str) -> str:
        shown = page.cut(title, title_width) if shows_title else ""
        middle = f"{shown}{' ' * (title_width - cell_len(shown))}  " if shows_title else ""
        return f"  {name:<{name_width}}  {middle}{level:>5}  {minutes:>3}  "

    lines = [line((row(*_HEADINGS[:4]) + _HEADINGS[4], DIM))]
    group = ""
    for kata in katas:
        if kata.group != group:
            group = kata.group
            lines.append(line((group, STRONG)))
        result = last(kata)
        style = _STYLES.get(result.state, WARN) if result else DIM
        text = row(kata.name, kata.title, f"{kata.difficulty}/5", str(kata.minutes))
        lines.append(line(text, (states[kata.name], style)))
    return lines


def _next(
    katas: Sequence[Kata], done: set[str], last: Lookup, edited: Callable[[Kata], bool], page: Page
) -> Lines:
    kata = _recommended(katas, done, last)
    if kata is None:
        return page.paragraph("All katas passed. Grade with --strict, or --seed N for other schedules.", 0)
    lines = page.paragraph(f"{kata.name}: {kata.summary}", 0, label="next      ", style=STRONG)
    stub = display_name(kata.stub)
    result = last(kata)
    lines += page.paragraph(stub, 2, label="write   " if _untouched(result) else "edit    ")
    lines += page.paragraph(f"{PROGRAM} grade {kata.name}", 2, label="grade   ")
    if result is not None and result.token and not edited(kata):
        lines += page.paragraph(f"{PROGRAM} replay {kata.name}", 2, label="replay  ")
    if all(_untouched(last(each)) for each in katas):
        hint = (
            "New here? Each file in katas/ has the rules in its docstrings. Replace the TODOs with plain "
            "`threading` code; the grader runs it under thousands of thread schedules and shows the simplest "
            "one that breaks it."
        )
        lines += [line(""), *page.paragraph(hint, 0)]
    return lines


def _untouched(result: Last | None) -> bool:
    return result is None or result.state is State.NOT_STARTED


def _recommended(katas: Sequence[Kata], done: set[str], last: Lookup) -> Kata | None:
    """What is begun comes first, then the first whose prerequisites are met."""
    for kata in katas:
        result = last(kata)
        if result is not None and result.state in _UNFINISHED:
            return kata
    remaining = [kata for kata in katas if kata.name not in done]
    ready = [kata for kata in remaining if done.issuperset(kata.prerequisites)]
    return next(iter([*ready, *remaining]), None)
