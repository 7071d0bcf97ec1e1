"""Jobs as bars over virtual time, on the rows of the workers or stages that did them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from dojo.reports.page import count
from dojo.reports.pictures.axes import MARGIN, Clock, heading, key, moment, number, time_axis
from dojo.reports.pictures.letters import cut_to, width_of
from dojo.reports.pictures.looks import BOXES
from dojo.reports.pictures.picture import RULE, Picture, Sheet

_BAR, _GAP = 24.0, 10.0  # pixels
_NAMES = 150.0
_MOST_ROWS = 40
_TOLD = 6


class Bar(NamedTuple):
    """One job; a plain tuple in this order will do.

    Attributes:
        row: the worker or the stage.
        start, end: in virtual seconds.
        label: what it is, for which there may be no room.
        kind: jobs of one kind look alike.
    """

    row: str
    start: float
    end: float
    label: str = ""
    kind: str = ""


def spans(
    bars: Sequence[
        tuple[str, float, float] | tuple[str, float, float, str] | Bar | tuple[str, float, float, str, str]
    ],
    *,
    until: float | None = None,
    title: str = "",
) -> Picture:
    """Draw who did which job when.

    Args:
        bars: jobs, each a ``Bar`` or a tuple ``(row, start, end[, label[, kind]])`` with times in virtual seconds.
            Rows stand in the order in which they first occur; jobs of one row that overlap go below each other.
            At most six kinds.
        until: where the picture ends, in virtual seconds; by default at the end of the last job.
        title: to stand over the picture.

    Raises:
        ValueError: if there is nothing to draw, a job ends before it starts, or there are too many rows or kinds.
        TypeError: if a time is no number.
    """
    jobs = [Bar(*bar) for bar in bars]
    kinds = _checked(jobs)
    end = max(job.end for job in jobs)
    if until is not None:
        if moment(until, "until") < end:
            raise ValueError(f"until is {until:g} s, but a job ends at {end:g} s")
        end = until
    if not end:
        raise ValueError("every job ends at 0 s: say with until where the picture ends")
    rows = {
        row: _stacked([job for job in jobs if job.row == row])
        for row in dict.fromkeys(job.row for job in jobs)
    }
    sheet = Sheet()
    top = y = heading(sheet, title) + 2
    left = MARGIN + min(_NAMES, max(width_of(row, bold=True) for row in rows)) + 10
    right = sheet.width - MARGIN - 12
    bottom = top + sum(len(lines) * _BAR + _GAP for lines in rows.values())
    at = time_axis(sheet, left, right, bottom, 0, end, top=top)
    for row, lines in rows.items():
        name = cut_to(row, left - MARGIN - 8, bold=True, keep_end=True)
        sheet.text(MARGIN, y + len(lines) * _BAR / 2 + 4 + _GAP / 2, name, bold=True)
        for line in lines:
            for job in line:
                x, wide = at(job.start), max(1.5, at(job.end) - at(job.start))
                BOXES[kinds.index(job.kind)].draw(sheet, x, y + _GAP / 2 + 1, wide, _BAR - 2)
                if job.label and width_of(job.label, 11.5) + 6 <= wide:
                    sheet.text(
                        x + wide / 2,
                        y + _GAP / 2 + _BAR / 2 + 4,
                        job.label,
                        size=11.5,
                        align="center",
                        halo=True,
                    )
            y += _BAR
        y += _GAP
        sheet.line([(MARGIN, y), (right, y)], color=RULE, width=0.8)
    y = bottom + 40
    if kinds != [""]:
        y = key(
            sheet,
            y,
            [(kind or "other", look.sample(sheet)) for kind, look in zip(kinds, BOXES, strict=False)],
        )
    sheet.height = ceil(y + MARGIN - 4)
    return sheet.picture(title or "Jobs over virtual time", _told(jobs, rows))


def _checked(jobs: Sequence[Bar]) -> list[str]:
    """The kinds of jobs.

    Raises:
        ValueError, TypeError: as ``spans`` says.
    """
    if not jobs:
        raise ValueError("there is nothing to draw: bars is empty")
    for job in jobs:
        what = f"job {job.label or 'without a label'} of {job.row}"
        if moment(job.end, f"the end of {what}") < moment(job.start, f"the start of {what}"):
            raise ValueError(f"{what} ends at {job.end:g} s, before it starts at {job.start:g} s")
    kinds = list(dict.fromkeys(job.kind for job in jobs))
    if len(kinds) > len(BOXES):
        raise ValueError(f"{len(kinds)} kinds of jobs cannot be told apart: use at most {len(BOXES)}")
    if len({job.row for job in jobs}) > _MOST_ROWS:
        raise ValueError(f"there is room for {_MOST_ROWS} rows, not for {len({job.row for job in jobs})}")
    return kinds


def _stacked(jobs: Sequence[Bar]) -> list[list[Bar]]:
    """The jobs of a row in as few lines as it takes for none to cover another."""
    lines: list[list[Bar]] = []
    for job in sorted(jobs, key=lambda job: (job.start, job.end)):
        line = next((each for each in lines if each[-1].end <= job.start), None)
        if line is None:
            lines.append([job])
        else:
            line.append(job)
    return lines


def _told(jobs: Sequence[Bar], rows: dict[str, list[list[Bar]]]) -> str:
    start, end = min(job.start for job in jobs), max(job.end for job in jobs)
    clock = Clock.of(end)
    at_once = max(1, *(sum(job.start <= each.start < job.end for job in jobs) for each in jobs))
    done = [f"{row} {count(sum(map(len, lines)), 'job')}" for row, lines in list(rows.items())[:_TOLD]]
    more = f", {count(len(rows) - _TOLD, 'more row')}" if len(rows) > _TOLD else ""
    work = sum(job.end - job.start for job in jobs)
    return (
        f"{count(len(jobs), 'job')} in {count(len(rows), 'row')} from {clock.text(start)} to {clock.text(end)}, "
        f"at most {number(at_once)} at the same time: {', '.join(done)}{more}. "
        f"One after the other they would take {clock.text(work)}."
    )
