"""The board: every kata with its state, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from rich.cells import cell_len

from dojo.grading.catalogue import Kata
from dojo.grading.learner.progress import Last
from dojo.grading.paths import display_name
from dojo.grading.result import State
from dojo.grading.workspace import PROGRAM
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, count, line

_STYLES = {State.PASSED: GOOD, State.FAILED: BAD, State.NOT_STARTED: DIM}
_UNFINISHED = (State.FAILED, State.REFUSED, State.INCONCLUSIVE, State.BROKEN)
_WELCOME = (
    ("what  ", "You write `threading` code; the grader finds the schedule that breaks it."),
    ("now   ", "Open {file}, replace its TODOs, then grade it."),
    ("help  ", "{program} --help, or doctor if something is wrong"),
)
_HEADINGS = ("kata", "title", "level", "min", "state")

Lookup = Callable[[Kata], Last | None]


def board(
    katas: Iterable[Kata],
    last: Lookup,
    edited: Callable[[Kata], bool],
    page: Page,
    *,
    others: int = 0,
    new: bool = False,
) -> Lines:
    """All katas by group, then the one to go on with.

    Args:
        katas: those to be shown, in learning order.
        last: the last result of a kata.
        edited: whether its file has changed since that result.
        page: where to.
        others: how many more there are that are not worked on here.
        new: whether no kata was ever started here: then the board says what all this is.
    """
    listed = list(katas)
    if not listed:
        return _empty(page)
    states = {kata.name: _state(last(kata), edited(kata)) for kata in listed}
    done = _passed(listed, last)
    score = f"{len(done)} of {count(len(listed), 'kata')} passed"
    lines = [line(("Concurrency dojo", STRONG), f"   {score}"), line("")]
    following = recommended(listed, last)
    if new and following is not None:
        lines += [*_welcome(following, page), line("")]
    lines += _table(listed, states, last, page)
    if others:
        more = f"{count(others, 'more kata')} to be had: {page.workspace.start()}"
        lines += [line(""), *page.paragraph(more, 2, style=DIM)]
    return [*lines, line(""), *_next(following, last, edited, page)]


def _empty(page: Page) -> Lines:
    return page.paragraph(f"No kata is here yet: {page.workspace.start()} brings some.", 0)


def _welcome(kata: Kata, page: Page) -> Lines:
    """What this is, what to do now, where help is."""
    words = {"file": display_name(page.workspace.stub(kata)), "program": PROGRAM}
    return [each for label, text in _WELCOME for each in page.paragraph(text.format(**words), 0, label=label)]


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
    # A terminal too narrow for all of it goes without the titles, as the name says nearly as much, and at
    # last without the numbers.
    shows_title, shows_numbers = title_width >= 12, fixed - 2 <= page.width
    state_room = max(12, page.width - 4 - name_width)

    def row(name: str, title: str, level: str, minutes: str) -> str:
        shown = page.cut(title, title_width) if shows_title else ""
        middle = f"{shown}{' ' * (title_width - cell_len(shown))}  " if shows_title else ""
        numbers = f"{level:>5}  {minutes:>3}  " if shows_numbers else ""
        return f"  {name:<{name_width}}  {middle}{numbers}"

    lines = [line((row(*_HEADINGS[:4]) + _HEADINGS[4], DIM))]
    group = ""
    for kata in katas:
        if kata.group != group:
            group = kata.group
            lines.append(line((group, STRONG)))
        result = last(kata)
        style = _STYLES.get(result.state, WARN) if result else DIM
        text = row(kata.name, kata.title, f"{kata.difficulty}/5", str(kata.minutes))
        lines.append(line(text, (page.cut(states[kata.name], state_room), style)))
    return lines


def _next(kata: Kata | None, last: Lookup, edited: Callable[[Kata], bool], page: Page) -> Lines:
    if kata is None:
        return page.paragraph("All katas passed. Grade with --strict, or --seed N for other schedules.", 0)
    lines = page.paragraph(f"{kata.name}: {kata.summary}", 0, label="next      ", style=STRONG)
    stub, program = display_name(page.workspace.stub(kata)), page.workspace.program
    result = last(kata)
    lines += page.paragraph(stub, 2, label="write   " if _untouched(result) else "edit    ")
    lines += page.paragraph(f"{program} grade {kata.name}", 2, label="grade   ")
    if result is not None and result.token and not edited(kata):
        lines += page.paragraph(f"{program} replay {kata.name}", 2, label="replay  ")
        lines += page.paragraph(f"{program} hint {kata.name}", 2, label="hint    ")
    else:
        lines += page.paragraph(
            f"{program} watch {kata.name}   (grades after every save)", 2, label="watch   "
        )
    return lines


def _passed(katas: Sequence[Kata], last: Lookup) -> set[str]:
    return {kata.name for kata in katas if (result := last(kata)) and result.state is State.PASSED}


def _untouched(result: Last | None) -> bool:
    return result is None or result.state is State.NOT_STARTED


def recommended(katas: Sequence[Kata], last: Lookup, without: Collection[str] = ()) -> Kata | None:
    """The kata to go on with: what is begun comes first, then the easiest whose prerequisites are met.

    Args:
        katas: in learning order.
        last: the last result of a kata.
        without: names of katas that it is not to be.

    Returns:
        None when all others are passed.
    """
    done = _passed(katas, last)
    left = [kata for kata in katas if kata.name not in without]
    for kata in left:
        result = last(kata)
        if result is not None and result.state in _UNFINISHED:
            return kata
    remaining = [kata for kata in left if kata.name not in done]
    ready = [kata for kata in remaining if done.issuperset(kata.prerequisites)]
    return min(ready or remaining, key=lambda kata: kata.difficulty, default=None)
