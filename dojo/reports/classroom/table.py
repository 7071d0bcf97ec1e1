"""The marks of a class on a terminal: persons by katas, in as many tables as the width asks for."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from dojo.grading.catalogue import Kata
from dojo.grading.classroom.marks import Class, Mark, counted
from dojo.grading.result import State
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, count, line

_NAME = 18  # columns for the names of persons, at most
_GAP = 2
_PERSON, _TOTAL = "person", "passed by"
_SHORT = {
    State.PASSED: ("passed", GOOD),
    State.INCONCLUSIVE: ("open", WARN),
    State.REFUSED: ("stopped", WARN),
    State.BROKEN: ("fault", "bold magenta"),
    State.NOT_STARTED: ("not yet", DIM),
    None: ("-", DIM),
}
LEGEND = (
    "17/21: so many properties hold; open: inconclusive; stopped: cannot be graded; "
    "not yet: nothing written; -: nothing handed in"
)


def table(found: Class, page: Page) -> Lines:
    """All marks, and how many there are of each kind."""
    names = [page.cut(person, _NAME) for person in found.persons]
    width = max(map(cell_len, [*names, _PERSON, _TOTAL]))
    lines: Lines = []
    for katas in _blocks(found.katas, page.width - width):
        if lines:
            lines.append(line(""))
        lines += _heading(katas, width)
        cells = {kata.name: {mark.person: _cell(mark) for mark in found.of_kata(kata.name)} for kata in katas}
        for person, name in zip(found.persons, names, strict=True):
            parts: list[tuple[str, str]] = [(set_cell_size(name, width), "")]
            for kata in katas:
                text, style = cells[kata.name][person]
                parts.append((f"{text:>{_width(kata) + _GAP}}", style))
            lines.append(line(*parts))
        passed = [sum(text == "passed" for text, _ in cells[kata.name].values()) for kata in katas]
        totals = "".join(
            f"{number:>{_width(kata) + _GAP}}" for kata, number in zip(katas, passed, strict=True)
        )
        lines.append(line((f"{_TOTAL:<{width}}{totals}", DIM)))
    lines += [line(""), *page.paragraph(LEGEND, 0, style=DIM)]
    parts_ = [f"{number:,} {words}" for words, number in counted(found.marks).items()]
    size = f"{count(len(found.persons), 'person')}, {count(len(found.katas), 'kata')}"
    return [*lines, *page.paragraph(f"{size}: {', '.join(parts_)}", 0, style=STRONG)]


def remarks(found: Class, page: Page) -> Lines:
    """What else there is to know: what was left out, and how many likenesses there are."""
    lines: Lines = []
    for mark in found.marks:
        if mark.note:
            text = f"{mark.person}, {mark.kata}: {mark.note}"
            lines += page.paragraph(text, 2, label="note     ", most=2)
    for note in found.notes:
        lines += page.paragraph(note, 2, label="note     ", most=2)
    if found.idle:
        text = f"nobody has begun {', '.join(found.idle)}; --katas shows them too"
        lines += page.paragraph(text, 2, label="left out ")
    if found.likenesses:
        text = f"{count(len(found.likenesses), 'place')} to look at: texts that are alike, in overview.html"
        lines += page.paragraph(text, 2, label="alike    ")
    return lines


def written(files: Sequence[str], graded: int, known: int, page: Page) -> Lines:
    """Where the reports are, and how much was graded for them."""
    text = f"{count(graded, 'text')} graded now, {known:,} known from before"
    lines = page.paragraph(text, 2, label="done     ")
    for file in files:
        lines += page.paragraph(file, 2, label="written  ")
    return lines


def _blocks(katas: Sequence[Kata], room: int) -> list[list[Kata]]:
    """The katas in groups that are as wide as there is room for."""
    blocks: list[list[Kata]] = [[]]
    for kata in katas:
        if blocks[-1] and sum(_width(each) + _GAP for each in [*blocks[-1], kata]) > room:
            blocks.append([])
        blocks[-1].append(kata)
    return blocks


def _heading(katas: Sequence[Kata], width: int) -> Lines:
    """The names of katas, one word above the other."""
    words = [_words(kata) for kata in katas]
    height = max(map(len, words))
    lines = []
    for row in range(height):
        text = _PERSON if row == height - 1 else ""
        cells = f"{text:<{width}}"
        for kata, parts in zip(katas, words, strict=True):
            above = height - len(parts)
            cells += f"{parts[row - above] if row >= above else '':>{_width(kata) + _GAP}}"
        lines.append(line((cells, DIM)))
    return lines


def _words(kata: Kata) -> list[str]:
    first, *others = kata.name.split("_")
    words = [first]
    for each in others:
        # "fan_out_fan_in" is two lines rather than four
        if len(words[-1]) + 1 + len(each) <= 7:
            words[-1] += f"_{each}"
        else:
            words[-1] += "_"
            words.append(each)
    return words


def _width(kata: Kata) -> int:
    return max(map(len, [*_words(kata), "stopped"]))


def _cell(mark: Mark) -> tuple[str, str]:
    if mark.state is State.FAILED:
        return (f"{mark.held}/{mark.properties}", BAD)
    return _SHORT[mark.state]
