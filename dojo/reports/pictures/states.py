"""The states of a machine over virtual time, as a band, and below it what became of the calls."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

from dojo.reports.page import count
from dojo.reports.pictures.axes import MARGIN, Clock, heading, key, moment, placed, time_axis
from dojo.reports.pictures.letters import width_of
from dojo.reports.pictures.looks import BOXES, Box
from dojo.reports.pictures.picture import BAD, DIM, INK, RULE, RUN, Picture, Sheet

_BAND, _ROW, _LABEL = 34.0, 26.0, 15.0  # pixels
_TOLD = 6  # states that are told one by one
# A breaker's states look the same in every picture; those of other machines get the rest.
_KNOWN = {"closed": BOXES[0], "open": BOXES[1], "half-open": BOXES[4]}
_REST = (BOXES[2], BOXES[3], BOXES[5])
_OUTCOMES = {"passed": ("o", RUN, False), "failed": ("X", BAD, False), "rejected": ("s", INK, True)}


def states(
    changes: Sequence[tuple[float, str]],
    calls: Sequence[tuple[float, str]] = (),
    *,
    until: float | None = None,
    title: str = "",
) -> Picture:
    """Draw which state a machine was in, and what became of each call.

    Args:
        changes: moments, in virtual seconds and in order, and the state that begins there; the first is the state
            at the beginning. At most six different states; ``closed``, ``open`` and ``half-open`` always look
            the same.
        calls: moments, in virtual seconds, and what became of the call: ``passed``, ``failed`` or ``rejected``.
        until: where the picture ends, in virtual seconds; by default at the last change or call.
        title: to stand over the picture.

    Raises:
        ValueError: if there is no state, times run backwards, a call has another outcome, or there are too many
            states.
        TypeError: if a time is no number.
    """
    looks = _checked(changes, calls)
    start = changes[0][0]
    last = max([changes[-1][0], *(when for when, _ in calls)])
    end = moment(last if until is None else until, "until")
    if end < last or end <= start:
        raise ValueError(
            f"the picture must end after {start:g} s and not before {last:g} s: give another until"
        )
    clock = Clock.of(end - start)
    spans = [(begin, stop, name) for (begin, name), (stop, _) in pairwise([*changes, (end, "")])]
    sheet = Sheet()
    y = heading(sheet, title)
    rows = [outcome for outcome in _OUTCOMES if any(each == outcome for _, each in calls)]
    names = {row: f"{row} ({sum(each == row for _, each in calls):,})" for row in rows}
    left = MARGIN + max(width_of(text) for text in ["state", *names.values()]) + 26
    right = sheet.width - MARGIN - 12
    top = y + _above(spans, left, right) * _LABEL + 4
    bottom = top + _BAND + 8 + _ROW * len(rows)
    at = time_axis(sheet, left, right, bottom, start, end, top=top)
    sheet.text(MARGIN, top + _BAND / 2 + 4, "state", color=DIM)
    small = []
    for begin, stop, name in spans:
        wide = at(stop) - at(begin)
        looks[name].draw(sheet, at(begin), top, max(wide, 1.5), _BAND)
        if width_of(name, bold=True) + 8 <= wide:
            sheet.text(at(begin) + wide / 2, top + _BAND / 2 + 4, name, bold=True, align="center", halo=True)
        else:
            small.append((at(begin), name))
    for (x, name), place in zip(small, placed(small, left, right), strict=True):
        if place is not None:
            sheet.line([(x, top - 2 - place[1] * _LABEL), (x, top)], color=looks[name].edge)
            sheet.text(place[0], top - 4 - place[1] * _LABEL, name, size=11.5, color=looks[name].edge)
    for number, row in enumerate(rows):
        shape, color, hollow = _OUTCOMES[row]
        middle = top + _BAND + 8 + _ROW * (number + 0.5)
        sheet.mark([(MARGIN + 6, middle)], shape, color=color, size=7, hollow=hollow)
        sheet.text(MARGIN + 18, middle + 4, names[row], color=color)
        sheet.line([(left, middle), (right, middle)], color=RULE, width=0.8)
        places = sorted({round(at(when)) for when, each in calls if each == row})
        sheet.mark([(x, middle) for x in places], shape, color=color, size=7, hollow=hollow)
    y = key(sheet, bottom + 40, [(name, look.sample(sheet)) for name, look in looks.items()])
    sheet.height = ceil(y + MARGIN - 4)
    alt = f"{_states_told(spans, clock)} {_calls_told(spans, calls)}"
    return sheet.picture(title or "States over virtual time", alt)


def _checked(changes: Sequence[tuple[float, str]], calls: Sequence[tuple[float, str]]) -> dict[str, Box]:
    """What each state looks like.

    Raises:
        ValueError, TypeError: as ``states`` says.
    """
    if not changes:
        raise ValueError("there is nothing to draw: changes must begin with the first state")
    for when, name in changes:
        moment(when, f"the time of state {name!r}")
    for (before, _), (after, name) in pairwise(changes):
        if after < before:
            raise ValueError(f"changes run backwards: {name!r} at {after:g} s comes after {before:g} s")
    for when, outcome in calls:
        if moment(when, f"the time of a call that {outcome}") < changes[0][0]:
            raise ValueError(f"a call at {when:g} s comes before the first state, at {changes[0][0]:g} s")
        if outcome not in _OUTCOMES:
            raise ValueError(f"a call has {', '.join(_OUTCOMES)} as outcome, not {outcome!r}")
    names = list(dict.fromkeys(name for _, name in changes))
    rest = [name for name in names if name not in _KNOWN]
    if len(rest) > len(_REST):
        raise ValueError(f"{len(names)} states in one picture cannot be told apart: {', '.join(names)}")
    looks = {**_KNOWN, **dict(zip(rest, _REST, strict=False))}
    return {name: looks[name] for name in names}


def _above(spans: Sequence[tuple[float, float, str]], left: float, right: float) -> int:
    """How many rows of labels stand over the band, for states that are too short for their names."""
    start, end = spans[0][0], spans[-1][1]
    scale = (right - left) / (end - start)
    small = [
        (left + (begin - start) * scale, name)
        for begin, stop, name in spans
        if width_of(name, bold=True) + 8 > (stop - begin) * scale
    ]
    return max((int(place[1]) + 1 for place in placed(small, left, right) if place is not None), default=0)


def _states_told(spans: Sequence[tuple[float, float, str]], clock: Clock) -> str:
    parts = [f"{name} from {clock.text(begin)} to {clock.text(stop)}" for begin, stop, name in spans[:_TOLD]]
    if len(spans) > _TOLD:
        parts.append(f"{count(len(spans) - _TOLD, 'more state')}, the last one {spans[-1][2]}")
    return f"The state is {', then '.join(parts)}."


def _calls_told(spans: Sequence[tuple[float, float, str]], calls: Sequence[tuple[float, str]]) -> str:
    """How many calls came out how, and in which state if that is clear."""
    parts = []
    for outcome in _OUTCOMES:
        moments = [when for when, each in calls if each == outcome]
        if moments:
            # A call at the very moment of a change may belong to either side of it.
            around = [{name for begin, stop, name in spans if begin <= when <= stop} for when in moments]
            common = set.intersection(*around)
            where = f", all while {common.pop()}" if len(common) == 1 and len(spans) > 1 else ""
            parts.append(f"{len(moments)} {outcome}{where}")
    return f"{count(len(calls), 'call')}: {'; '.join(parts)}." if parts else ""
