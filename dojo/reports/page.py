"""The page that a report is written on: its width, what its encoding can show, and lines that fit on it.

Text of the learner (source lines, names, messages) goes through ``Page.clean`` and is never read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.text import Text

from dojo.grading.workspace import REPOSITORY, Workspace

_BREAK_AFTER = "([{,.=/"
NARROWEST, WIDEST = 40, 140
_ELLIPSIS = "..."

# What the parts of a report look like. Every style only repeats what the words say already.
BAD, GOOD, WARN, DIM, STRONG = "bold red", "green", "yellow", "dim", "bold"

Lines = list[Text]


@dataclass(frozen=True, slots=True)
class Page:
    """Where a report goes to.

    Attributes:
        columns: the width of the terminal; 80 where there is none.
        encoding: of the stream; what it cannot write is shown as an escape.
        workspace: whose files the report is about: its command lines must lead there.
        in_notebook: whether the report is about a cell: no command line leads there.
    """

    columns: int = 80
    encoding: str = "utf-8"
    workspace: Workspace = REPOSITORY
    in_notebook: bool = False

    @property
    def width(self) -> int:
        """Columns used: neither too few to say anything nor too many to read."""
        return max(NARROWEST, min(WIDEST, self.columns))

    def clean(self, text: str) -> str:
        """Text on one line that cannot steer a terminal and that the encoding can write."""
        flat = text.replace("\t", " ")
        if not flat.isprintable():
            flat = "".join(each if each.isprintable() else _escape(each) for each in flat)
        if flat.isascii():
            return flat
        return flat.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def cut(self, text: str, width: int) -> str:
        """Text of at most ``width`` columns (4 or more), its end given up."""
        text = self.clean(text)
        if cell_len(text) <= width:
            return text
        return set_cell_size(text, width - len(_ELLIPSIS)).rstrip() + _ELLIPSIS

    def cut_left(self, text: str, width: int) -> str:
        """Text of at most ``width`` columns (4 or more) without its beginning: a path's end tells more."""
        text = self.clean(text)
        if cell_len(text) <= width:
            return text
        end = text[-width:]
        while cell_len(end) > width - len(_ELLIPSIS):
            end = end[1:]
        return _ELLIPSIS + end

    def wrap(self, text: str, width: int, most: int = 0) -> list[str]:
        """Text in lines of at most ``width`` columns.

        Args:
            text: line breaks in it are kept.
            width: less than 6 counts as 6.
            most: how many lines at most; 0 for all.
        """
        width = max(6, width)
        lines: list[str] = []
        for paragraph in text.splitlines() or [""]:
            lines += _wrapped(self.clean(paragraph), width)
        if most and len(lines) > most:
            kept = set_cell_size(lines[most - 1], min(cell_len(lines[most - 1]), width - 4)).rstrip()
            lines = [*lines[: most - 1], f"{kept} {_ELLIPSIS}"]
        return lines

    def paragraph(self, text: str, indent: int, *, label: str = "", style: str = "", most: int = 0) -> Lines:
        """Text in lines of the page, behind an indent and, on the first line, a label."""
        start = " " * indent + label
        room = self.width - len(start)
        lines = []
        for number, part in enumerate(self.wrap(text, room, most)):
            lines.append(line((start if number == 0 else " " * len(start), ""), (part, style)))
        return lines


def line(*parts: str | Text | tuple[str, str]) -> Text:
    """One line of a report from pieces, each plain or with a style; the pieces are never read as markup."""
    return Text.assemble(*parts, end="")


def spread(left: Text, right: str, width: int, style: str = DIM) -> Lines:
    """Two texts at the two edges of one line, or below each other when they do not fit."""
    gap = width - left.cell_len - cell_len(right)
    if gap >= 2:
        return [Text.assemble(left, " " * gap, (right, style))]
    return [left, Text.assemble("        ", (right, style))]


def plain(lines: Iterable[Text]) -> str:
    """Lines without their styles: what a pipe gets."""
    return "".join(each.plain.rstrip() + "\n" for each in lines)


def count(number: int, noun: str) -> str:
    """A number with its noun: ``1 schedule``, ``1,412 schedules``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def _piece(word: str, width: int) -> str:
    """The beginning of a word that is too long for a line, up to where code is best broken."""
    # A line break that splits no character: a cluster of combining marks may be wider than a line.
    piece = next((each for each in chop_cells(word, width) if each), word)
    end = max(piece.rfind(each) for each in _BREAK_AFTER) + 1
    return piece[:end] if end > len(piece) // 2 else piece


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _wrapped(text: str, width: int) -> list[str]:
    """Break text at spaces, and inside a word only where a whole line is too short for it."""
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        longer = f"{current} {word}" if current else word
        if cell_len(longer) <= width:
            current = longer
            continue
        if current:
            lines.append(current)
        while cell_len(word) > width:
            piece = _piece(word, width)
            lines.append(piece)
            word = word[len(piece) :]
        current = word
    return [*lines, current]
