"""Threads as swim-lanes: who ran when, who waited or slept, who held which lock, and where the run went wrong.

Where everything goes is the timeline's business (``dojo.reports.timeline.drawing``); here it is put on paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Literal

from dojo.checking.verdict import Status, Step
from dojo.grading.judge import Replay
from dojo.reports.page import count
from dojo.reports.pictures.axes import MARGIN, heading, key, time_axis
from dojo.reports.pictures.lanes_parts import Painter
from dojo.reports.pictures.lanes_words import told
from dojo.reports.pictures.letters import lines_of, width_of
from dojo.reports.pictures.picture import BAD, Picture, Sheet
from dojo.reports.timeline.beats import Beat, beats_of
from dojo.reports.timeline.drawing import draw, draw_over_time
from dojo.reports.timeline.glance import glances
from dojo.reports.timeline.page import stuck_threads
from dojo.reports.timeline.shapes import TOP

MOST = 60  # beats that one picture shows
_LARGER, _LARGEST = 1.1, 1.3  # than in the timeline, which can be zoomed
_NAMES = 120.0  # pixels at most
_END = 16.0  # pixels for what is marked at the end of a lane

Axis = Literal["auto", "time", "steps"]


def lanes(
    steps: Sequence[Step],
    *,
    own: str = "",
    failure: str = "",
    stuck: Mapping[str, str] | None = None,
    axis: Axis = "auto",
    title: str = "",
) -> Picture:
    """Draw the threads of a run, a lane each.

    Args:
        steps: of the run, as a replay brings them.
        own: the submission's file, as steps call it: its lines are filled boxes, all others hollow ones.
        failure: what went wrong; "" if nothing did.
        stuck: for every thread that had not ended, what it is doing (``blocked for ever``).
        axis: ``time`` draws over virtual time, in which running takes none and shows as a stroke; ``steps`` draws
            line by line; ``auto`` draws over time if any passes.
        title: to stand over the picture.

    Raises:
        ValueError: if there are no steps, the axis has another name, or no time passes and it is to be drawn.
    """
    if axis not in ("auto", "time", "steps"):
        raise ValueError(f"axis must be auto, time or steps, not {axis!r}")
    beats = beats_of(steps, most=10**9 if axis != "steps" and steps and steps[-1].now else MOST)
    if not beats:
        raise ValueError("there is nothing to draw: the run has no steps")
    if axis == "time" and not beats[-1].now:
        raise ValueError('no virtual time passes in this run: draw it with axis="steps"')
    drawn = _Lanes(beats, own, failure, dict(stuck or {}))
    return drawn.over_steps(title) if axis == "steps" or not beats[-1].now else drawn.over_time(title)


def lanes_of(run: Replay, own: str, *, axis: Axis = "auto", title: str = "") -> Picture:
    """Draw the threads of a replayed run, with what the judge found.

    Args:
        run: with steps, so without a problem.
        own: the submission's file, as steps call it.
        axis: see ``lanes``.
        title: to stand over the picture.

    Raises:
        ValueError: as ``lanes`` does.
    """
    example = run.verdict.counterexample if run.verdict is not None else None
    failed = run.verdict is not None and run.verdict.status is Status.FAIL
    failure = example.message if failed and example is not None else ""
    stuck = {thread: f"{short}: {text}" for thread, (short, text) in stuck_threads(example).items()}
    return lanes(run.steps, own=own, failure=failure, stuck=stuck, axis=axis, title=title)


class _Lanes:
    """One picture in the making."""

    def __init__(self, beats: Sequence[Beat], own: str, failure: str, stuck: dict[str, str]) -> None:
        self._beats, self._own, self._failure, self._stuck = beats, own, failure, stuck
        self._seen = glances(beats)
        self._sheet = Sheet()
        names = max(width_of(each, bold=True) for each in beats[-1].after.threads)
        self._left = MARGIN + min(_NAMES, names) + 10
        self._room = self._sheet.width - self._left - MARGIN - _END

    def over_steps(self, title: str) -> Picture:
        """Line by line, in as many strips as it takes."""
        drawing = draw(self._beats, self._seen, self._own, 0, strip=self._room / _LARGER)
        strips = ceil(drawing.end * _LARGER / self._room - 1e-6)
        # What is short may be larger.
        scale = max(_LARGER, min(_LARGEST, self._room / drawing.end)) if strips == 1 else _LARGER
        strip = self._room / scale
        steps = f"{count(sum(beat.count for beat in self._beats), 'step')} from left to right"
        steps += ", strip by strip" if strips > 1 else ""
        steps += "" if len(drawing.bands) > 1 else ", all at one instant of virtual time"
        y = heading(self._sheet, title, f"{steps}; a number is a source line")
        y -= 0 if len(drawing.bands) > 1 else (TOP - 8) * scale
        painter = Painter(self._sheet, drawing, self._left, scale, stuck=list(self._stuck))
        for number in range(strips):
            painter.strip(number * strip, min(drawing.end, (number + 1) * strip), y)
            y += drawing.height * scale + 6
        return self._finished(painter, y, title or "Threads step by step")

    def over_time(self, title: str) -> Picture:
        """Over virtual time."""
        y = heading(self._sheet, title)
        end = self._beats[-1].now / 1e9
        right = self._left + self._room
        wide = self._room / _LARGER
        drawing = draw_over_time(self._beats, self._seen, self._own, lambda now: now / 1e9 / end * wide, wide)
        top = y - (TOP - 6) * _LARGER
        bottom = top + drawing.height * _LARGER
        time_axis(self._sheet, self._left, right, bottom, 0, end, top=y)
        painter = Painter(self._sheet, drawing, self._left, _LARGER, stuck=list(self._stuck))
        painter.over_time(top)
        return self._finished(painter, bottom + 40, title or "Threads over virtual time")

    def _finished(self, painter: Painter, y: float, title: str) -> Picture:
        """The key and what went wrong, below the lanes."""
        sheet = self._sheet
        y = key(sheet, y, painter.signs())
        texts = [f"FAIL: {self._failure}"] if self._failure else []
        texts += [f"{thread} {text}" for thread, text in self._stuck.items()]
        for text in texts:
            sheet.mark([(MARGIN + 12, y + 12)], "X", color=BAD, size=9)
            for line in lines_of(text, sheet.width - 2 * MARGIN - 30):
                y += 16
                sheet.text(MARGIN + 30, y, line, color=BAD)
            y += 4
        sheet.height = ceil(y + MARGIN - 4)
        return sheet.picture(title, told(self._beats, self._seen, self._own, self._failure, self._stuck))
