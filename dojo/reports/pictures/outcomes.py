"""How many schedules ended how: a bar for each outcome, with its share of all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import ceil

from dojo.reports.pictures.axes import MARGIN, heading, key
from dojo.reports.pictures.letters import lines_of, width_of
from dojo.reports.pictures.looks import BOXES, Box
from dojo.reports.pictures.picture import BAD, DIM, RULE, Picture, Sheet

_BAR, _ROW = 24.0, 38.0  # pixels
_NAMES = 230.0
_MOST = 20
_WRONG = Box("#f9d6d5", BAD, "////")


def outcomes(
    counts: Mapping[str, int], *, bad: Collection[str] = (), what: str = "schedules", title: str = ""
) -> Picture:
    """Draw which share of the schedules had which outcome.

    Args:
        counts: by outcome, how many; they stand in this order. At most twenty.
        bad: the outcomes that are wrong; they are hatched and marked with a cross.
        what: what was counted, in the plural.
        title: to stand over the picture.

    Raises:
        ValueError: if there is nothing to draw, too much, a count is negative, or ``bad`` names no outcome.
        TypeError: if a count is no whole number.
    """
    total = _checked(counts, bad)
    sheet = Sheet()
    top = y = heading(sheet, title) + 4
    names = {name: lines_of(name, _NAMES, most=2) for name in counts}
    left = MARGIN + max(width_of(line) for lines in names.values() for line in lines) + (30 if bad else 12)
    shares = {name: f"{many:,} of {total:,} ({_share(many, total)})" for name, many in counts.items()}
    right = sheet.width - MARGIN - 12
    bottom = top + _ROW * len(counts)

    def at(share: float) -> float:
        return left + share * (right - left)

    for percent in range(0, 101, 25):
        x = at(percent / 100)
        sheet.line([(x, top), (x, bottom)], color=RULE, width=0.8)
        sheet.text(x, bottom + 16, str(percent), size=11.5, align="center")
    sheet.text((left + right) / 2, bottom + 32, f"share of all {what} (%)", size=11.5, align="center")
    for name, many in counts.items():
        middle = y + _ROW / 2
        wrong = name in bad
        begin = middle + 4 - 7.5 * (len(names[name]) - 1)
        for number, line in enumerate(names[name]):
            sheet.text(left - 8, begin + 15 * number, line, align="right")
        if wrong:
            sheet.mark([(MARGIN + 6, middle)], "X", color=BAD, size=9)
        stop = at(many / total)
        (_WRONG if wrong else BOXES[0]).draw(sheet, left, middle - _BAR / 2, max(stop - left, 1), _BAR)
        wide = width_of(shares[name])
        x, align = (stop + 6, "left") if stop + 6 + wide <= right else (stop - 6, "right")
        sheet.text(x, middle + 4, shares[name], align=align, halo=True)
        y += _ROW
    sheet.line([(left, top), (left, bottom)], color=DIM)
    y = bottom + 40
    if bad:
        samples = [("as it should be", BOXES[0].sample(sheet)), ("wrong", _WRONG.sample(sheet))]
        y = key(sheet, y, samples)
    sheet.height = ceil(y + MARGIN - 4)
    told = [
        f"{many:,} ({_share(many, total)}) {name}{' (wrong)' if name in bad else ''}"
        for name, many in counts.items()
    ]
    return sheet.picture(title or f"Outcomes of {total:,} {what}", f"Of {total:,} {what}: {'; '.join(told)}.")


def _checked(counts: Mapping[str, int], bad: Collection[str]) -> int:
    """How many there are in all.

    Raises:
        ValueError, TypeError: as ``outcomes`` says.
    """
    for name, many in counts.items():
        if isinstance(many, bool) or not isinstance(many, int):
            raise TypeError(f"the count of {name!r} must be a whole number, not {many!r}")
        if many < 0:
            raise ValueError(f"the count of {name!r} must be 0 or more, not {many}")
    if isinstance(bad, str):
        raise TypeError(f"bad must be a collection of outcomes, not the text {bad!r}")
    if unknown := [name for name in bad if name not in counts]:
        raise ValueError(f"bad names {unknown[0]!r}, which is not among the outcomes: {', '.join(counts)}")
    if not sum(counts.values()):
        raise ValueError("there is nothing to draw: nothing was counted")
    if len(counts) > _MOST:
        raise ValueError(
            f"there is room for {_MOST} outcomes, not for {len(counts)}: put the rare ones together"
        )
    return sum(counts.values())


def _share(many: int, total: int) -> str:
    """A share in per cent that is 0 or 100 only if it is none or all."""
    percent = 100 * many / total
    text = f"{percent:.1f}".removesuffix(".0")
    if text == "0" and many:
        return "under 0.1 %"
    if text == "100" and many < total:
        return "over 99.9 %"
    return f"{text} %"
