"""Pieces of a reference solution, to be shown while it is explained."""

from __future__ import annotations

import textwrap

from dojo.grading.catalogue import Kata
from dojo.grading.sources.piece import MODULE
from dojo.grading.sources.pieces import cut
from dojo.grading.sources.surface import normalised


class NoSuchSection(LookupError):
    """The solution has no piece of that name, or more than one."""


def section(kata: Kata, name: str) -> str:
    """A piece of a kata's reference, without public docstrings.

    Args:
        kata: which.
        name: a function, a class with all that is in it, a method (``WaitGroup.add``, or ``add`` if there is
            just one); "" for everything.

    Raises:
        NoSuchSection: with the names that there are.
    """
    source = normalised(kata.solution.read_text("utf-8"))
    pieces = cut(source)
    if name:
        names = [piece.name for piece in pieces if piece.name != MODULE]
        found = [each for each in names if each == name or each.endswith(f".{name}")]
        if name not in found and len(found) != 1:
            which = (
                f"is in more than one place: {', '.join(found)}"
                if found
                else f"is not there: {', '.join(names)}"
            )
            raise NoSuchSection(f"'{name}' {which}")
        whole = name if name in found else found[0]
        pieces = [each for each in pieces if each.name == whole or each.name.startswith(f"{whole}.")]
    numbers = sorted(line.number for piece in pieces for line in piece.lines)
    return _joined(source.split("\n"), numbers)


def _joined(lines: list[str], numbers: list[int]) -> str:
    """Lines of a file; where others were left out, with the empty line that stood above what follows."""
    shown: list[str] = []
    for number in numbers:
        above = lines[number - 2].strip() if number > 1 else ""
        if shown and shown[-1].strip() and not above:
            shown.append("")
        shown.append(lines[number - 1])
    return textwrap.dedent("\n".join(shown)).strip("\n") + "\n"
