"""Two implementations of a kata beside each other, piece by piece, with what the reference's comments say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from dojo.grading.sources.alignment import Row, Section, rows
from dojo.grading.sources.piece import Line, Piece
from dojo.reports.code import highlighted, numbered
from dojo.reports.page import DIM, STRONG, WARN, Lines, Page, line

SIDE_BY_SIDE = 110  # columns from which there is room for two
_WIDEST = 236  # columns: two lines of 110 characters with their numbers
_SEPARATORS = {True: " = ", False: " | "}
_INDENT = 2


@dataclass(frozen=True, slots=True)
class Files:
    """Where the two are, as shown to the reader."""

    mine: str
    reference: str


def compared(sections: Sequence[Section], files: Files, page: Page, *, everything: bool = False) -> Lines:
    """The code of both.

    Args:
        sections: what belongs beside each other.
        files: their names.
        page: from 110 columns on the two are side by side, otherwise below each other.
        everything: also show code that is the same on both sides.
    """
    shown = [section for section in sections if everything or not section.same]
    broken = any(section.mine is not None and section.mine.kind == "file" for section in sections)
    missing = "cannot be told, as the file is no Python" if broken else "has none"
    lines: Lines = []
    for section in shown:
        lines += _title(section, files, page) + _code(section, page, missing)
        lines += [*_notes(section, page), line("")]
    same = [section for section in sections if section.same and not everything]
    if same:
        names = ", ".join(section.name for section in same)
        lines += page.paragraph(names, 0, label="The same in both: ", style=DIM)
    for section in same:
        lines += _notes(section, page)
    return lines


def legend(page: Page) -> Lines:
    """How to read it, in a line or two."""
    text = "The reference's comments stand below its code as notes, by line. The docstrings that both have "
    text += "from the stub are left out."
    if page.columns >= SIDE_BY_SIDE:
        text += " '=' is between lines that are the same."
    return page.paragraph(text, 0, style=DIM)


def _title(section: Section, files: Files, page: Page) -> Lines:
    name = section.name
    if section.renamed:
        name += f"   (yours: {section.renamed})"
    lines = page.paragraph(name, 0, style=STRONG)
    if _beside(section, page):
        assert section.mine is not None and section.reference is not None
        half = _half(page)
        left = page.cut_left(_place(section.mine, files.mine), half)
        right = page.cut_left(_place(section.reference, files.reference), half)
        lines.append(line((left + " " * (half + 3 - len(left)) + right, DIM)))
    return lines


def _place(piece: Piece, file: str) -> str:
    return f"{file}:{piece.first}"


def _beside(section: Section, page: Page) -> bool:
    """Whether to show the two side by side: only where there are two, and room for them."""
    mine, reference = section.mine, section.reference
    return (
        page.columns >= SIDE_BY_SIDE
        and mine is not None
        and reference is not None
        and not mine.todo
        and bool(mine.lines)
        and bool(reference.lines)
    )


def _half(page: Page) -> int:
    """The width of each of two columns."""
    return (min(page.columns, _WIDEST) - 3) // 2


def _code(section: Section, page: Page, missing: str) -> Lines:
    mine, reference = section.mine, section.reference
    if _beside(section, page):
        assert mine is not None and reference is not None
        return _two_columns(mine, reference, page)
    lines = _one("yours", mine, page, comments=True, missing=missing)
    if mine is not None and mine.kind == "file":
        return lines
    return lines + _one("reference", reference, page)


def _one(
    whose: str, piece: Piece | None, page: Page, *, comments: bool = False, missing: str = "has none"
) -> Lines:
    """One side over the whole width, under whose it is."""
    label = f"{'':{_INDENT}}{whose}"
    if piece is None:
        return page.paragraph(missing, 0, label=f"{label}: ", style=WARN)
    if piece.todo:
        return page.paragraph("not written yet", 0, label=f"{label}: ", style=WARN)
    kept = piece.lines if comments else without_comments(piece.lines)
    digits = _digits(kept)
    lines = [line((f"{label}", DIM))]
    for each, text in zip(kept, highlighted(kept, page, comments=comments), strict=True):
        for part in numbered(each.number, text, page.width - _INDENT, digits):
            lines.append(Text.assemble(" " * _INDENT, part, end=""))
    return lines


def _two_columns(mine: Piece, reference: Piece, page: Page) -> Lines:
    half = _half(page)
    right = without_comments(reference.lines)
    digits = max(_digits(mine.lines), _digits(right))
    texts = {
        (False, each.number): numbered(each.number, text, half, digits)
        for each, text in zip(mine.lines, highlighted(mine.lines, page, comments=True), strict=True)
    } | {
        (True, each.number): numbered(each.number, text, half, digits)
        for each, text in zip(right, highlighted(right, page, comments=False), strict=True)
    }
    lines: Lines = []
    for row in rows(mine.lines, right):
        lines += _row(row, texts, half)
    return lines


def _row(row: Row, texts: dict[tuple[bool, int], Lines], half: int) -> Lines:
    left = texts[False, row.mine.number] if row.mine else []
    right = texts[True, row.reference.number] if row.reference else []
    lines = []
    for number in range(max(len(left), len(right))):
        first = left[number] if number < len(left) else Text("")
        second = right[number] if number < len(right) else Text("")
        gap = " " * (half - first.cell_len)
        lines.append(Text.assemble(first, gap, (_SEPARATORS[row.equal], DIM), second, end=""))
    return lines


def without_comments(lines: Sequence[Line]) -> list[Line]:
    """The lines of a piece that hold code; blank ones stay where they separate two of these."""
    kept = [each for each in lines if each.code or not each.text]
    return [
        each
        for index, each in enumerate(kept)
        if each.code or (index and kept[index - 1].code and any(later.code for later in kept[index:]))
    ]


def _notes(section: Section, page: Page) -> Lines:
    """What the reference's comments say about its lines."""
    if section.reference is None:
        return []
    lines: Lines = []
    for note in section.reference.notes:
        lines += page.paragraph(note.text, _INDENT, label=f"note {note.line:>3}  ")
    return lines


def _digits(lines: Sequence[Line]) -> int:
    return max(3, *(len(str(each.number)) for each in lines), 0)
