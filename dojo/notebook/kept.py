"""What ``%%simulate --keep`` leaves to later cells: code that is executed before theirs."""

from __future__ import annotations

from dataclasses import dataclass

from dojo.grading.cells.cell import Cell


@dataclass(frozen=True, slots=True)
class _Part:
    names: frozenset[str]
    text: str


class Kept:
    """The kept code of a notebook, in the order in which it was first run."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    def before(self, cell: Cell) -> str:
        """What is executed before a cell that is to be kept: if it was kept before, what came before it then."""
        return _joined(self._parts[: self._place(cell)])

    @property
    def text(self) -> str:
        """All of it."""
        return _joined(self._parts)

    def keep(self, cell: Cell) -> None:
        """Add a cell; it takes the place of those of which it binds every name anew."""
        place = self._place(cell)
        before, after = self._parts[:place], self._parts[place:]
        after = [part for part in after if not _replaces(cell, part)]
        self._parts = [*before, _Part(frozenset(cell.names), cell.text), *after]

    def forget(self) -> None:
        """Start afresh."""
        self._parts.clear()

    def _place(self, cell: Cell) -> int:
        found = (at for at, part in enumerate(self._parts) if _replaces(cell, part))
        return next(found, len(self._parts))


def _replaces(cell: Cell, part: _Part) -> bool:
    return part.names <= set(cell.names)


def _joined(parts: list[_Part]) -> str:
    return "".join(f"{part.text.strip()}\n\n" for part in parts)
