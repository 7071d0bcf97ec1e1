"""Axes, headings and keys of the pictures: round numbers, and a unit of time that suits the span."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from dojo.reports.pictures.letters import cut_to, lines_of, width_of
from dojo.reports.pictures.picture import DIM, INK, RULE, Point, Sheet

MARGIN = 12.0  # around a picture
_SIZE = 11.5  # of the letters at an axis
_UNITS = (
    ("ns", 1e-9, 5e-7),
    ("µs", 1e-6, 5e-4),
    ("ms", 1e-3, 0.5),
    ("s", 1.0, 600.0),
)  # name, size, spans below

Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Clock:
    """The unit in which a picture shows time.

    Attributes:
        unit: ns, µs, ms, s or min.
        size: of one, in seconds.
    """

    unit: str
    size: float

    @staticmethod
    def of(span: float) -> Clock:
        """The unit for a stretch of so many seconds."""
        return next((Clock(unit, size) for unit, size, most in _UNITS if span < most), Clock("min", 60.0))

    def text(self, seconds: float) -> str:
        """A moment or a stretch in this unit: ``2.5 ms``."""
        return f"{number(seconds / self.size)} {self.unit}"


def number(value: float) -> str:
    """A number as people write it: at most four digits that tell something, no exponent, commas in thousands."""
    if value and abs(value) < 1e-3:
        return f"{value:.2g}"
    digits = max(0, 3 - floor(log10(abs(value)))) if value else 0
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Round numbers from ``low`` to ``high``, at most so many.

    Args:
        low, high: the ends; ``high`` is larger.
        most: 2 or more.
        whole: no fractions.
    """
    rough = (high - low) / most
    power = 10.0 ** floor(log10(rough))
    step = next(each * power for each in (1, 2, 5, 10, 20) if each * power * 1.0001 >= rough)
    if whole:
        step = max(1.0, step)
    first = ceil(low / step - 1e-9)
    last = floor(high / step + 1e-9)
    return [round(each * step, 12) for each in range(first, last + 1)]


def time_axis(
    sheet: Sheet,
    left: float,
    right: float,
    y: float,
    start: float,
    end: float,
    *,
    top: float,
    bare: bool = False,
) -> Scale:
    """Draw the axis of virtual time at the bottom of a field; it takes 36 pixels below ``y``.

    Args:
        sheet: where to.
        left, right, y: where the axis begins and ends, and its height.
        start, end: the moments there, in seconds.
        top: where the field begins: faint lines go across it.
        bare: without numbers, for one of several fields with one axis.

    Returns:
        Where a moment goes to.
    """
    clock = Clock.of(end - start)

    def at(seconds: float) -> float:
        return left + (seconds - start) / (end - start) * (right - left)

    for tick in ticks(start / clock.size, end / clock.size, max(2, int((right - left) / 70))):
        x = at(tick * clock.size)
        sheet.line([(x, top), (x, y)], color=RULE, width=0.8)
        sheet.line([(x, y), (x, y + 4)], color=DIM)
        if not bare:
            sheet.text(x, y + 16, number(tick), size=_SIZE, align="center")
    sheet.line([(left, y), (right, y)], color=DIM)
    if not bare:
        sheet.text((left + right) / 2, y + 32, f"virtual time ({clock.unit})", size=_SIZE, align="center")
    return at


def value_axis(
    sheet: Sheet, top: float, bottom: float, left: float, right: float, high: float, *, whole: bool = False
) -> Scale:
    """Draw the axis of a value from 0 at the left of a field, with faint lines across it.

    Args:
        sheet: where to.
        top, bottom, left, right: the field.
        high: the value at its top.
        whole: no fractions.

    Returns:
        Where a value goes to.
    """

    def at(value: float) -> float:
        return bottom - value / high * (bottom - top)

    for tick in ticks(0, high, max(2, int((bottom - top) / 29)), whole=whole):
        sheet.line([(left, at(tick)), (right, at(tick))], color=RULE, width=0.8)
        sheet.text(left - 6, at(tick) + 4, number(tick), size=_SIZE, align="right")
    return at


def room_for_values(high: float) -> float:
    """How much room the numbers of an axis of values take on its left."""
    return max(width_of(number(tick), _SIZE) for tick in ticks(0, high, 10)) + 10


def heading(sheet: Sheet, title: str, below: str = "") -> float:
    """Write the title, and a line below it, at the top of a sheet.

    Returns:
        Where they end.
    """
    y = MARGIN
    for part in lines_of(title, sheet.width - 2 * MARGIN, 15) if title else []:
        y += 16
        sheet.text(MARGIN, y, part, size=14, bold=True)
    if below:
        y += 18 if title else 12
        sheet.text(MARGIN, y, cut_to(below, sheet.width - 2 * MARGIN, _SIZE), size=_SIZE, color=DIM)
    return y + (10 if title or below else 0)


def key(sheet: Sheet, y: float, entries: Sequence[tuple[str, Callable[[float, float], None]]]) -> float:
    """Write what the signs in a picture mean, side by side as long as there is room.

    Args:
        sheet: where to.
        y: where the key begins.
        entries: what a sign means, and what draws it into 24 pixels around a point.

    Returns:
        Where the key ends.
    """
    x = MARGIN
    y += 12
    for text, draw in entries:
        text = cut_to(text, sheet.width - 2 * MARGIN - 30, _SIZE)
        needed = 30 + width_of(text, _SIZE)
        if x > MARGIN and x + needed > sheet.width - MARGIN:
            x, y = MARGIN, y + 18
        draw(x + 12, y - 4)
        sheet.text(x + 30, y, text, size=_SIZE, color=INK)
        x += needed + 16
    return y + 8


def placed(
    labels: Sequence[tuple[float, str]], left: float, right: float, rows: int = 3
) -> list[Point | None]:
    """Where labels that belong to points on a line can stand without touching each other.

    Args:
        labels: x and text of each, from left to right.
        left, right: where they must stay.
        rows: how many of them there are above each other.

    Returns:
        For each the x at which it begins and its row from 0; None where there is no room.
    """
    ends = [left] * rows
    found: list[Point | None] = []
    for x, text in labels:
        wide = width_of(text, _SIZE)
        begin = max(left, min(x + 3, right - wide))
        row = next((row for row in range(rows) if ends[row] <= begin), None)
        found.append(None if row is None else (begin, row))
        if row is not None:
            ends[row] = begin + wide + 8
    return found


def moment(value: float, what: str) -> float:
    """A time in seconds that a picture can show.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is negative, infinite or not a number.
    """
    return amount(value, what, "in seconds")


def amount(value: float, what: str, unit: str = "") -> float:
    """A quantity that a picture can show.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is negative, infinite or not a number.
    """
    expected = f"{what} must be a number{f' {unit}' if unit else ''}, 0 or more"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{expected}, not {value!r}")
    if not isfinite(value) or value < 0:
        raise ValueError(f"{expected}, not {value!r}")
    return float(value)
