"""Values that change over virtual time: tokens, permits in use, the depth of a queue, requests in flight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import ceil

from dojo.reports.pictures.axes import (
    MARGIN,
    Clock,
    Scale,
    amount,
    heading,
    key,
    moment,
    number,
    placed,
    room_for_values,
    time_axis,
    value_axis,
)
from dojo.reports.pictures.looks import STROKES, Stroke, check_strokes, thinned
from dojo.reports.pictures.picture import BAD, DIM, STAR, Picture, Point, Sheet

_HEIGHT = 220.0  # of the field, in pixels
_ROW = 15.0  # of labels
_PHASES = 4  # rises and falls that are told one by one
_MARKED = 60  # points that get a marker of their own


def over_time(
    series: Mapping[str, Sequence[Point]],
    *,
    what: str,
    limit: float | None = None,
    limit_name: str = "limit",
    events: Sequence[tuple[float, str]] = (),
    until: float | None = None,
    straight: bool = False,
    title: str = "",
) -> Picture:
    """Draw one value or several over virtual time.

    Args:
        series: by name, the points (virtual seconds, value) in the order of time; a value holds until the next
            point. At most six series; several points at one moment are several steps.
        what: what the values are, with their unit: the label of the axis (``tokens``, ``jobs in the queue``).
        limit: a value to mark with a line across.
        limit_name: what to call it.
        events: moments to mark, in virtual seconds, each with a few words.
        until: where the picture ends, in virtual seconds; by default at the last point or event.
        straight: join the points by straight lines, for what changes steadily, instead of by steps.
        title: to stand over the picture.

    Raises:
        ValueError: if there is nothing to draw, times run backwards, or a number is negative or not finite.
        TypeError: if something is no number.
    """
    lines = _checked(series, limit, events)
    end = _end(lines, events, until)
    clock = Clock.of(end)
    sheet = Sheet()
    y = heading(sheet, title)
    sheet.text(MARGIN, y + 12, what, size=11.5, color=DIM)
    high = max([limit or 0, *(value for points in lines.values() for _, value in points)]) * 1.08 or 1.0
    left, right = MARGIN + room_for_values(high), sheet.width - MARGIN - 12
    marks = sorted(events)
    places = placed([(left + when / end * (right - left), text) for when, text in marks], left, right)
    rows = max((int(place[1]) + 1 for place in places if place is not None), default=0)
    top = y + 22 + rows * _ROW
    bottom = top + _HEIGHT
    whole = all(float(value).is_integer() for points in lines.values() for _, value in points)
    at = time_axis(sheet, left, right, bottom, 0, end, top=top)
    up = value_axis(sheet, top, bottom, left, right, high, whole=whole and not straight)
    for (when, text), place in zip(marks, places, strict=True):
        begin = top if place is None else top - 4 - place[1] * _ROW
        sheet.line([(at(when), begin), (at(when), bottom)], color=STAR, dash=(3, 2))
        if place is not None:
            sheet.text(place[0], top - 6 - place[1] * _ROW, text, size=11.5, color=STAR)
    if limit is not None:
        sheet.line([(left, up(limit)), (right, up(limit))], color=BAD, width=1.6, dash=(8, 3))
        sheet.text(
            right,
            up(limit) - 4,
            f"{limit_name} {number(limit)}",
            size=11.5,
            color=BAD,
            align="right",
            halo=True,
        )
    y = bottom + 40
    many = sum(map(len, lines.values())) > _MARKED
    for look, points in zip(STROKES, lines.values(), strict=False):
        _draw(sheet, points, look, at, up, end, straight=straight, marked=not many and len(lines) > 1)
    if len(lines) > 1:
        samples = [look.sample(sheet, marked=not many) for look in STROKES]
        y = key(sheet, y, list(zip(lines, samples, strict=False)))
    sheet.height = ceil(y + MARGIN - 4)
    told = [_told(name, points, clock) for name, points in lines.items()]
    alt = f"{'; '.join(told)}{_limit_told(lines, limit, limit_name, clock)}. {_events_told(marks, clock)}"
    return sheet.picture(title or f"{what} over virtual time", alt)


def _checked(
    series: Mapping[str, Sequence[Point]], limit: float | None, events: Sequence[tuple[float, str]]
) -> dict[str, list[Point]]:
    """The points as floats.

    Raises:
        ValueError, TypeError: as ``over_time`` says.
    """
    check_strokes(series, "series")
    lines = {}
    for name, points in series.items():
        if not points:
            raise ValueError(f"series {name!r} has no points")
        lines[name] = [(moment(when, f"a time of {name}"), amount(value, name)) for when, value in points]
        for (before, _), (after, _) in pairwise(lines[name]):
            if after < before:
                raise ValueError(f"series {name!r} runs backwards: {after:g} s comes after {before:g} s")
    if limit is not None:
        amount(limit, "limit")
    for when, text in events:
        moment(when, f"the time of event {text!r}")
    return lines


def _end(
    lines: Mapping[str, Sequence[Point]], events: Sequence[tuple[float, str]], until: float | None
) -> float:
    last = max([points[-1][0] for points in lines.values()] + [when for when, _ in events])
    if until is None:
        if not last:
            raise ValueError("everything happens at 0 s: say with until where the picture ends")
        return last
    if moment(until, "until") < last or not until:
        raise ValueError(f"until is {until:g} s, but there is something at {last:g} s")
    return float(until)


def _draw(
    sheet: Sheet,
    points: Sequence[Point],
    look: Stroke,
    at: Scale,
    up: Scale,
    end: float,
    *,
    straight: bool,
    marked: bool,
) -> None:
    """One line; markers stand where the value changes."""
    corners: list[Point] = []
    for when, value in points:
        if corners and not straight:
            corners.append((at(when), corners[-1][1]))
        corners.append((at(when), up(value)))
    if points[-1][0] < end:
        corners.append((at(end), corners[-1][1]))
    look.draw(sheet, thinned(corners), [(at(when), up(value)) for when, value in points] if marked else [])


def _told(name: str, points: Sequence[Point], clock: Clock) -> str:
    """How one value goes up and down."""
    values = [value for _, value in points]
    turns: list[tuple[str, Point]] = []  # the way it goes, and where that ends
    for (_, before), (when, after) in pairwise(points):
        if after != before:
            way = "up" if after > before else "down"
            if turns and turns[-1][0] == way:
                turns.pop()
            turns.append((way, (when, after)))
    if not turns:
        return f"{name}: always {number(values[0])}"
    if len(turns) > _PHASES:
        ends = f"{number(values[0])} at first, {number(values[-1])} at the end ({clock.text(points[-1][0])})"
        low, high = number(min(values)), number(max(values))
        return f"{name}: up and down {len(turns)} times between {low} and {high}, {ends}"
    ways = [f"{way} to {number(value)} by {clock.text(when)}" for way, (when, value) in turns]
    return f"{name}: from {number(values[0])} {', then '.join(ways)}"


def _limit_told(
    lines: Mapping[str, Sequence[Point]], limit: float | None, limit_name: str, clock: Clock
) -> str:
    if limit is None:
        return ""
    over = sorted((when, name) for name, points in lines.items() for when, value in points if value > limit)
    if not over:
        return f". {limit_name} {number(limit)}: never exceeded"
    when, name = over[0]
    top = max(value for points in lines.values() for _, value in points)
    return (
        f". {limit_name} {number(limit)}: exceeded, first by {name} at {clock.text(when)}; "
        f"the most is {number(top)}"
    )


def _events_told(events: Sequence[tuple[float, str]], clock: Clock) -> str:
    told = [f"{text} at {clock.text(when)}" for when, text in events[:_PHASES]]
    more = f" and {len(events) - _PHASES} more" if len(events) > _PHASES else ""
    return f"Marked: {', '.join(told)}{more}." if told else ""
