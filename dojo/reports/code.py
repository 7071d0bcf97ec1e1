"""Source code on a page: highlighted, numbered, folded where a line is too long for its column."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.syntax import Syntax
from rich.text import Text

from dojo.grading.sources.piece import Line
from dojo.reports.page import DIM, Lines, Page

_THEME = "ansi_dark"  # the terminal's own colours, on its own background
_TAB = 4
_HANG = 4  # columns by which the rest of a folded line is moved in
_BREAK_AFTER = (" ", "([{,.=/")  # the better places first


def highlighted(lines: Sequence[Line], page: Page, *, comments: bool) -> Lines:
    """Lines of code with colours: one text for each.

    Args:
        lines: of one piece, so that a text over several lines is seen as one.
        page: what its encoding lacks is shown as escapes.
        comments: whether to keep the comments.
    """
    texts = [page.clean((each.text if comments else each.code).expandtabs(_TAB)) for each in lines]
    coloured = Syntax("", "python", theme=_THEME, background_color="default").highlight("\n".join(texts))
    parts = coloured.split("\n", allow_blank=True)
    if [part.plain for part in parts[: len(texts)]] != texts:
        return [Text(text, end="") for text in texts]  # a lexer may read strange characters as line ends
    for part in parts:
        part.end = ""
    return list(parts[: len(texts)])


def numbered(number: int, text: Text, width: int, digits: int) -> Lines:
    """One line of code behind its number, in as many lines of at most ``width`` columns as it takes."""
    room = max(_HANG * 3, width - digits - 2)
    lines = []
    for index, part in enumerate(folded(text, room)):
        lead = f"{number:>{digits}}" if index == 0 else " " * digits
        lines.append(Text.assemble((lead, DIM), "  ", part, end=""))
    return lines


def folded(text: Text, width: int) -> Lines:
    """Code in lines of at most ``width`` columns; what goes on is moved in further than where it began."""
    plain = text.plain
    if cell_len(plain) <= width:
        return [text]
    indent = min(len(plain) - len(plain.lstrip(" ")) + _HANG, width // 2)
    cuts: list[int] = []
    start, room = 0, width
    while cell_len(plain[start:]) > room:
        cut = start + _fitting(plain[start:], room)
        cuts.append(cut)
        start, room = cut, width - indent
    first, *rest = text.divide(cuts)
    lines = [first, *(Text.assemble(" " * indent, part, end="") for part in rest)]
    for each in lines:
        each.end = ""
    return lines


def _fitting(text: str, width: int) -> int:
    """How many characters of a text to put on a line: to a good place for a break, if one is not far back."""
    size, end = 0, 0
    for character in text:
        size += cell_len(character)
        if size > width:
            break
        end += 1
    end = max(end, 1)
    least = max(end // 2, len(text) - len(text.lstrip()))
    for places in _BREAK_AFTER:
        good = max(text.rfind(each, 0, end) for each in places) + 1
        if good > least:
            return good
    return end
