"""How lines and boxes of one picture are told apart: never by colour alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass

from dojo.reports.pictures.picture import Point, Sheet


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line: its colour (safe for the colour-blind), its dashes, and the marker on its points."""

    color: str
    dash: tuple[float, ...]
    shape: str

    def draw(self, sheet: Sheet, corners: Sequence[Point], points: Sequence[Point] = ()) -> None:
        """Draw it through corners, with markers on some points."""
        sheet.line(corners, color=self.color, width=2, dash=self.dash)
        if points:
            sheet.mark(points, self.shape, color=self.color, size=6, hollow=True)

    def sample(self, sheet: Sheet, *, marked: bool) -> Callable[[float, float], None]:
        """What draws it into a key."""
        return lambda x, y: self.draw(sheet, [(x - 14, y), (x + 12, y)], [(x - 1, y)] if marked else [])


@dataclass(frozen=True, slots=True)
class Box:
    """A filled box: ground, outline and hatch."""

    fill: str
    edge: str
    hatch: str

    def draw(self, sheet: Sheet, x: float, y: float, width: float, height: float) -> None:
        """Draw it."""
        sheet.rect(x, y, width, height, fill=self.fill, edge=self.edge, hatch=self.hatch)

    def sample(self, sheet: Sheet) -> Callable[[float, float], None]:
        """What draws it into a key."""
        return lambda x, y: self.draw(sheet, x - 11, y - 6, 22, 12)


def thinned(points: Sequence[Point]) -> list[Point]:
    """What can be seen of a line: of many points above each other the first, the extremes and the last."""
    columns: dict[int, list[Point]] = {}
    for point in points:
        columns.setdefault(round(point[0]), []).append(point)
    kept: list[Point] = []
    for column in columns.values():
        if len(column) <= 4:
            kept += column
        else:
            heights = [y for _, y in column]
            ends = {0, len(column) - 1, heights.index(min(heights)), heights.index(max(heights))}
            kept += [column[index] for index in sorted(ends)]
    return kept


STROKES = (
    Stroke("#0072b2", (), "o"),
    Stroke("#d55e00", (7, 3), "s"),
    Stroke("#007a58", (2, 2), "^"),
    Stroke("#a8457f", (9, 3, 2, 3), "D"),
    Stroke("#1b1f24", (5, 2), "v"),
    Stroke("#8a6d00", (1.5, 3), "P"),
)
BOXES = (
    Box("#cfe3f3", "#1d5b99", ""),
    Box("#fbdcc4", "#b34a00", "//"),
    Box("#cdeadf", "#00694b", "--"),
    Box("#f0d5e5", "#94396e", "xx"),
    Box("#fdf0b8", "#7a5f00", "||"),
    Box("#e1e4e8", "#454c55", "\\\\"),
)


def check_strokes(series: Sized, name: str) -> None:
    """Raise ValueError if there is nothing to draw, or more than can be told apart."""
    if not len(series):
        raise ValueError(f"there is nothing to draw: {name} is empty")
    if len(series) > len(STROKES):
        raise ValueError(
            f"{len(series)} series in one picture cannot be told apart: draw at most {len(STROKES)}"
        )
