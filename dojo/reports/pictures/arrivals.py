"""How requests arrive under several policies: a histogram for each, one above the other, on the same axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10

from dojo.reports.pictures.axes import (
    MARGIN,
    Clock,
    heading,
    moment,
    number,
    room_for_values,
    time_axis,
    value_axis,
)
from dojo.reports.pictures.looks import BOXES
from dojo.reports.pictures.picture import DIM, Picture, Sheet

_FIELD, _GAP = 88.0, 28.0  # pixels
_BINS = 60  # about so many
_MOST = 6  # policies


def arrivals(
    policies: Mapping[str, Sequence[float]],
    *,
    what: str = "requests",
    width: float | None = None,
    until: float | None = None,
    title: str = "",
) -> Picture:
    """Draw how many requests arrive when, to compare a thundering herd with a spread.

    Args:
        policies: by name, when each request arrives, in virtual seconds and in any order; at most six policies.
        what: what arrives, in the plural.
        width: of one bar, in virtual seconds; by default a round number that makes about sixty of them.
        until: where the picture ends, in virtual seconds; by default after the last arrival.
        title: to stand over the picture.

    Raises:
        ValueError: if there is nothing to draw, too much, or a width or an end does not fit.
        TypeError: if a time is no number.
    """
    if not policies or not any(policies.values()):
        raise ValueError("there is nothing to draw: no policy has an arrival")
    if len(policies) > _MOST:
        raise ValueError(f"there is room for {_MOST} policies, not for {len(policies)}")
    last = max(moment(when, f"an arrival of {name}") for name, all_ in policies.items() for when in all_)
    bar = _round(last / _BINS) if width is None else moment(width, "width")
    if bar <= 0:
        raise ValueError(
            "everything arrives at 0 s: give a width" if width is None else "width must be above 0"
        )
    end = bar * (floor(last / bar + 1e-9) + 1)
    if until is not None:
        if moment(until, "until") < last or not until:
            raise ValueError(f"until is {until:g} s, but something arrives at {last:g} s")
        end = max(until, bar)
    if end / bar > 4 * _BINS:
        raise ValueError(f"bars of {bar:g} s over {end:g} s are too thin to be seen: give a larger width")
    found = {name: _counted(all_, bar) for name, all_ in policies.items()}
    high = max(max(bins.values(), default=0) for bins in found.values()) * 1.05
    clock = Clock.of(end)
    sheet = Sheet()
    y = heading(sheet, title)
    sheet.text(MARGIN, y + 12, f"{what} in every {clock.text(bar)}", size=11.5, color=DIM)
    left, right = MARGIN + room_for_values(high), sheet.width - MARGIN - 12
    y += 18
    for number_, (name, bins) in enumerate(found.items()):
        top, bottom = y + _GAP - 6, y + _GAP - 6 + _FIELD
        at = time_axis(sheet, left, right, bottom, 0, end, top=top, bare=number_ < len(found) - 1)
        up = value_axis(sheet, top, bottom, left, right, high, whole=True)
        sheet.text(left + 2, top - 6, name, bold=True)
        sheet.text(right, top - 6, _peak(bins, bar, clock), size=11.5, color=DIM, align="right")
        for index, many in sorted(bins.items()):
            begin, stop = at(index * bar), at(min((index + 1) * bar, end))
            BOXES[0].draw(sheet, begin, up(many), stop - begin, bottom - up(many))
        y = bottom
    sheet.height = ceil(y + 36 + MARGIN)
    told = [f"{name}: {len(all_):,}, {_peak(found[name], bar, clock)}" for name, all_ in policies.items()]
    spread = [f"{name} in {len(bins)}" for name, bins in found.items()]
    of = f"{number(ceil(end / bar - 1e-9))} stretches of {clock.text(bar)}"
    alt = f"{what} by virtual time. {'; '.join(told)}. Something arrives, of {of}: {', '.join(spread)}."
    return sheet.picture(title or f"Arrivals of {what} over virtual time", alt)


def _counted(moments: Sequence[float], bar: float) -> dict[int, int]:
    """How many fall into each bar, by its number."""
    bins: dict[int, int] = {}
    for when in moments:
        # What should be a multiple of the width may lie a hair below it.
        index = floor(when / bar + 1e-9)
        bins[index] = bins.get(index, 0) + 1
    return bins


def _peak(bins: Mapping[int, int], bar: float, clock: Clock) -> str:
    if not bins:
        return "none arrive"
    index = min(bins, key=lambda each: (-bins[each], each))
    return f"at most {bins[index]:,} in {clock.text(bar)} (at {clock.text(index * bar)})"


def _round(value: float) -> float:
    """The next larger of 1, 2, 5, 10, ..."""
    if value <= 0:
        return 0.0
    power = 10.0 ** floor(log10(value))
    return float(f"{next(each * power for each in (1, 2, 5, 10) if each * power * 1.0001 >= value):.1g}")
