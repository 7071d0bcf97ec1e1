"""How much room text takes: an upper bound for the sans-serif fonts that readers have, without asking for a font."""

from __future__ import annotations

from rich.cells import cell_len

from dojo.reports.timeline.words import clean

# Hundredths of an em in DejaVu Sans, which is the widest of the usual ones; any other letter of Latin is 70 wide.
_WIDTHS = {
    31: "'ijlIJ",
    36: " ,./:;\\|f",
    43: "-()[]t!r",
    55: '"*_`szc?',
    61: "LFkvxyPTYao",
    64: "eESbdghnpqu$0123456789{}",
    82: "HNDG&OQUw",
    86: "#+<=>^~M",
    100: "%mW@",
}
_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_OTHER, _WIDE, _BOLD = 70, 105, 1.16


def width_of(text: str, size: float = 12, *, bold: bool = False) -> float:
    """The most room that a line of text will take, in pixels.

    Args:
        text: the line.
        size: of the letters, in pixels.
        bold: whether they are bold.
    """
    text = clean(text)
    units = sum(
        _OF.get(each) or (_WIDE if cell_len(each) > 1 or ord(each) > 0x2FF else _OTHER) for each in text
    )
    return units * size / 100 * (_BOLD if bold else 1)


def cut_to(text: str, room: float, size: float = 12, *, bold: bool = False, keep_end: bool = False) -> str:
    """As much of a text as fits into so many pixels; "" if not even one letter does."""
    text = " ".join(clean(text).split())
    if width_of(text, size, bold=bold) <= room:
        return text
    for most in range(len(text) - 1, 0, -1):
        part = f"…{text[-most:].lstrip()}" if keep_end else f"{text[:most].rstrip()}…"
        if width_of(part, size, bold=bold) <= room:
            return part
    return ""


def lines_of(text: str, room: float, size: float = 12, most: int = 3) -> list[str]:
    """A text in at most so many lines, broken at spaces."""
    lines = [""]
    for word in clean(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer, size) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    kept = lines[:most]
    if len(lines) > most:
        kept[-1] = f"{kept[-1]} {lines[most]}"
    return [cut_to(each, room, size) for each in kept]
