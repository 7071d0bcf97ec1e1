"""How much faster more workers are: speed-up or make-span against their number, beside the ideal."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from dojo.reports.pictures.axes import (
    MARGIN,
    Clock,
    amount,
    heading,
    key,
    number,
    room_for_values,
    ticks,
    value_axis,
)
from dojo.reports.pictures.looks import STROKES, check_strokes
from dojo.reports.pictures.picture import DIM, RULE, Picture, Sheet

_HEIGHT = 250.0  # pixels
_FINE = 40  # points of a curve between two whole numbers, all together


def speed_up(
    measured: Mapping[str, Mapping[int, float]], *, make_span: bool = False, title: str = ""
) -> Picture:
    """Draw what more workers bring.

    Args:
        measured: by name, for each number of workers the make-span in virtual seconds; 1 worker must be among
            them, as the speed-up is the make-span of one worker divided by that of n. At most six series.
        make_span: draw the make-span itself instead of the speed-up.
        title: to stand over the picture.

    Raises:
        ValueError: if there is nothing to draw, too much, no figure for 1 worker, or a make-span of 0.
        TypeError: if a number of workers is no whole number, or a make-span no number.
    """
    most = _checked(measured)
    clock = Clock.of(max(span for spans in measured.values() for span in spans.values()))
    bases = {name: spans[1] for name, spans in measured.items()}
    values = {
        name: [(n, spans[n] / clock.size if make_span else bases[name] / spans[n]) for n in sorted(spans)]
        for name, spans in measured.items()
    }
    sheet = Sheet()
    y = heading(sheet, title)
    what = (
        f"make-span ({clock.unit} of virtual time)"
        if make_span
        else "speed-up (make-span of 1 worker / of n)"
    )
    sheet.text(MARGIN, y + 12, what, size=11.5, color=DIM)
    top = y + 28
    bottom = top + _HEIGHT
    high = max(value for points in values.values() for _, value in points) * 1.1
    high = high if make_span else max(high, most * 1.03)
    left, right = MARGIN + room_for_values(high), sheet.width - MARGIN - 16

    def at(workers: float) -> float:
        return left + 14 + (workers - 1) / (most - 1) * (right - left - 14)

    up = value_axis(sheet, top, bottom, left, right, high)
    sheet.line([(left, bottom), (right, bottom)], color=DIM)
    for tick in [1.0, *(each for each in ticks(0, most, 16, whole=True) if each > 1)]:
        sheet.line([(at(tick), top), (at(tick), bottom)], color=RULE, width=0.8)
        sheet.line([(at(tick), bottom), (at(tick), bottom + 4)], color=DIM)
        sheet.text(at(tick), bottom + 16, number(tick), size=11.5, align="center")
    sheet.text((left + right) / 2, bottom + 32, "number of workers", size=11.5, align="center")
    ideals = [base / clock.size for base in dict.fromkeys(bases.values())] if make_span else [1.0]
    for base in ideals:
        steps = [1 + (most - 1) * step / _FINE for step in range(_FINE + 1)] if make_span else [1, most]
        ideal = [(at(n), up(base / n if make_span else n)) for n in steps]
        sheet.line(ideal, color=DIM, width=1.4, dash=(2, 4))
    for look, points in zip(STROKES, values.values(), strict=False):
        look.draw(
            sheet, [(at(n), up(value)) for n, value in points], [(at(n), up(value)) for n, value in points]
        )
        if len(values) == 1:
            for n, value in points:
                right_end = n == most
                x, align = (at(n) - 4, "right") if right_end else (at(n) + 6, "left")
                down = -8 if right_end or make_span else 15
                sheet.text(x, up(value) + down, number(value), size=11.5, align=align, halo=True)
    samples = [(name, look.sample(sheet, marked=True)) for name, look in zip(values, STROKES, strict=False)]
    samples.append(
        ("ideal", lambda x, y: sheet.line([(x - 14, y), (x + 12, y)], color=DIM, width=1.4, dash=(2, 4)))
    )
    y = key(sheet, bottom + 40, samples)
    sheet.height = ceil(y + MARGIN - 4)
    told = [_told(name, dict(measured[name]), clock) for name in measured]
    return sheet.picture(title or what.partition(" (")[0].capitalize() + " by workers", f"{'; '.join(told)}.")


def _checked(measured: Mapping[str, Mapping[int, float]]) -> int:
    """The largest number of workers.

    Raises:
        ValueError, TypeError: as ``speed_up`` says.
    """
    check_strokes(measured, "measured")
    for name, spans in measured.items():
        for workers, span in spans.items():
            if isinstance(workers, bool) or not isinstance(workers, int):
                raise TypeError(f"{name}: a number of workers is a whole number, not {workers!r}")
            if workers < 1:
                raise ValueError(f"{name}: a number of workers is 1 or more, not {workers}")
            if not amount(span, f"{name}: the make-span with {workers} workers", "of seconds"):
                raise ValueError(
                    f"{name}: the make-span with {workers} workers is 0 s: nothing took any time"
                )
        if 1 not in spans:
            raise ValueError(f"{name}: there is no make-span for 1 worker to compare with")
    most = max(max(spans) for spans in measured.values())
    if most == 1:
        raise ValueError("there is nothing to compare: give the make-span for more than 1 worker as well")
    return most


def _told(name: str, spans: Mapping[int, float], clock: Clock) -> str:
    """What one series comes to, and where it stops to grow."""
    most = max(spans)
    fastest = min(spans, key=lambda n: (spans[n], n))
    text = f"{name}: {clock.text(spans[1])} with 1 worker, {clock.text(spans[most])} with {most}"
    text += f", a speed-up of {number(spans[1] / spans[most])} where {most} would be ideal"
    if fastest < most:
        text += f"; more than {fastest} bring nothing"
    return text
