"""The parts of swim-lanes on paper: strips of a timeline's drawing, piece by piece, and the key to the signs used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from dojo.reports.pictures.axes import MARGIN
from dojo.reports.pictures.lanes_key import HATCHES, signs
from dojo.reports.pictures.letters import cut_to, width_of
from dojo.reports.pictures.picture import (
    BAD,
    DIM,
    HATCH,
    HEAD,
    INK,
    LOCK,
    ON_LOCK,
    PANEL,
    PAPER,
    RULE,
    RUN,
    STAR,
    Sheet,
)
from dojo.reports.timeline import words
from dojo.reports.timeline.beats import CLOCK, END, GAP, PREEMPT, STALL
from dojo.reports.timeline.shapes import BAR, Arrow, Cell, Drawing, Span
from dojo.reports.timeline.shapes import LOCK as LOCK_ROW

_FAR = 1e6
_STROKE = 3.0  # pixels, of a thread that runs without any time passing
_CLOSE = 4.0  # pixels: over time, what is closer together is not drawn one by one
_SMALL = 11.0  # letters


class Painter:
    """Puts a drawing on a sheet.

    Args:
        sheet: where to.
        drawing: what; its units are smaller than pixels.
        left: where the lanes begin.
        scale: pixels in a unit.
        stuck: the threads that had not ended.
    """

    def __init__(
        self, sheet: Sheet, drawing: Drawing, left: float, scale: float, *, stuck: Sequence[str]
    ) -> None:
        self._sheet, self._drawing, self._left, self._scale = sheet, drawing, left, scale
        self._stuck = stuck
        self._begin, self._end, self._top = 0.0, drawing.end, 0.0
        self._timed = False
        self._used: set[str] = set()  # signs

    def strip(self, begin: float, end: float, top: float) -> None:
        """Draw everything between two places, line by line.

        Args:
            begin, end: in units of the drawing.
            top: in pixels.
        """
        self._begin, self._end, self._top = begin, end, top
        cells = [cell for cell in self._drawing.cells if begin <= cell.x < end]
        self._bands(cells)
        for arrow in self._drawing.arrows:
            if arrow.kind == "next" and begin <= arrow.x < end:
                x = self._x(arrow.x)
                self._sheet.line([(x, self._y(arrow.start)), (x, self._y(arrow.end))], color=RULE, width=1.5)
        self._names_spans_locks()
        for cell in cells:
            self._cell(cell)
        self._arrows_ends()
        for cell in cells:
            self._label(cell)

    def over_time(self, top: float) -> None:
        """Draw a drawing whose beats have no width."""
        self._top = top
        self._timed = True
        self._names_spans_locks()
        seen = set()
        for cell in self._drawing.cells:
            sign = cell.kind if cell.kind in (PREEMPT, STALL, END) else "stroke"
            if cell.kind not in (CLOCK, GAP):
                seen.add((sign, cell.y, round(self._x(cell.x))))
        self._strokes(sorted((y, x) for sign, y, x in seen if sign == "stroke"))
        for sign, y, x in sorted(seen):
            if sign == END:
                self._stop(x + 4, self._y(y + BAR / 2))
            elif sign != "stroke":
                self._used.add(sign)
                self._sheet.mark([(x, self._y(y) - 5)], "*", color=STAR, size=11)
        self._arrows_ends()

    def signs(self) -> list[tuple[str, Callable[[float, float], None]]]:
        """The key to what has been drawn."""
        return signs(self._sheet, self._used)

    def _x(self, x: float) -> float:
        """Pixels from the left, for a place that is moved into the strip."""
        return self._left + (min(max(x, self._begin), self._end) - self._begin) * self._scale

    def _y(self, y: float) -> float:
        return self._top + y * self._scale

    def _bands(self, cells: Sequence[Cell]) -> None:
        """The virtual time over the steps, and where it jumps."""
        height = self._drawing.height * self._scale
        for number, band in enumerate(self._drawing.bands):
            x, stop = self._x(band.x), self._x(band.x + band.width)
            if number % 2 and stop > x:
                self._sheet.rect(x, self._top, stop - x, height, fill=PANEL)
        jumps = [cell for cell in cells if cell.kind in (CLOCK, GAP)]
        for cell in jumps:
            box = (self._x(cell.x), self._top, cell.width * self._scale, height)
            self._sheet.rect(*box, edge=HATCH, dash=(2, 3), line=0.8)
        if len(self._drawing.bands) == 1 and not jumps:
            return
        times = [(self._begin, self._time(self._begin))]
        times += [
            (cell.x, "left out" if cell.kind == GAP else f"→ {self._time(cell.x + cell.width)}")
            for cell in jumps
        ]
        for (begin, text), (stop, _) in pairwise([*times, (self._begin + _FAR, "")]):
            x = self._x(begin) + 3
            room = min(self._left + (stop - self._begin) * self._scale, self._sheet.width - MARGIN) - x
            self._sheet.text(x, self._y(14), cut_to(text, room, _SMALL), size=_SMALL, color=DIM, halo=True)

    def _time(self, x: float) -> str:
        """The virtual time at a place of the drawing."""
        return [band.text for band in self._drawing.bands if band.x <= x + 0.01][-1]

    def _names_spans_locks(self) -> None:
        for thread, y in self._drawing.bars.items():
            name = cut_to(words.clean(thread), self._left - MARGIN - 8, bold=True, keep_end=True)
            self._sheet.text(MARGIN, self._y(y + BAR / 2) + 4, name, bold=True)
        for span in sorted(self._drawing.spans, key=lambda span: span.kind):
            self._span(span, self._x(span.x), self._x(span.x + span.width), self._y(span.y))
        for span in self._drawing.spans:
            self._written(span, self._x(span.x), self._x(span.x + span.width), self._y(span.y))
        for lock in self._drawing.locks:
            self._lock(lock, self._x(lock.x), self._x(lock.x + lock.width), self._y(lock.y))

    def _span(self, span: Span, x: float, stop: float, y: float) -> None:
        """A thread that does not run."""
        middle = y + BAR / 2 * self._scale
        if stop - x < (_CLOSE if self._timed else 1):
            return
        self._used.add(span.kind)
        if span.kind in ("ready", "runs"):
            wide = 1.5 if span.kind == "ready" else 5
            self._sheet.line([(x, middle), (stop, middle)], color=RUN, width=wide)
            return
        edge = STAR if span.kind == "stands-still" else HATCH
        box = (x, y + 2 * self._scale, stop - x, (BAR - 4) * self._scale)
        self._sheet.rect(*box, fill=PAPER, edge=edge, hatch=HATCHES[span.kind])

    def _written(self, span: Span, x: float, stop: float, y: float) -> None:
        """What a thread waits for, if there is room."""
        middle = y + BAR / 2 * self._scale
        texts = [words.clean(each) for each in span.texts]
        text = next((each for each in texts if width_of(each, _SMALL) + 12 <= stop - x), "")
        if text:
            self._sheet.text(x + 6, middle + 4, text, size=_SMALL, halo=True)

    def _lock(self, lock: Span, x: float, stop: float, y: float) -> None:
        """A lock that is held."""
        if stop - x < 2:
            return
        self._used.add("lock")
        height = (LOCK_ROW - 2) * self._scale
        self._sheet.rect(x, y, stop - x, height, fill=LOCK, edge=ON_LOCK, line=0.8)
        texts = [words.clean(each) for each in lock.texts]
        text = next((each for each in texts if width_of(each, 10) + 6 <= stop - x), "")
        self._sheet.text(x + 3, y + height - 2.6, text, size=10, color=ON_LOCK)

    def _cell(self, cell: Cell) -> None:
        """One beat, with its line."""
        x, y, wide, height = self._x(cell.x), self._y(cell.y), cell.width * self._scale, BAR * self._scale
        turn = cell.kind in (PREEMPT, STALL)
        if cell.kind in (CLOCK, GAP):
            return
        if cell.kind == END:
            self._stop(x + 7, y + height / 2)
        elif turn:
            self._used.add(cell.kind)
            self._sheet.rect(x + 1, y, wide - 2, height, fill=HEAD, edge=STAR, line=1.5)
            self._sheet.mark([(x + wide / 2, y + height / 2)], "*", color=STAR, size=12)
        else:
            self._used.add("ours" if cell.ours else "theirs")
            fill, color = (RUN, PAPER) if cell.ours else (PAPER, INK)
            self._sheet.rect(x + 1, y, wide - 2, height, fill=fill, edge=RUN, line=1.4)
            self._sheet.text(
                x + wide / 2, y + height / 2 + 4, cell.text, size=_SMALL, color=color, align="center"
            )

    def _label(self, cell: Cell) -> None:
        """What is to be said about a beat."""
        if cell.label:
            x, y = self._x(cell.x), self._y(cell.y)
            if cell.label_y < cell.y - 8:
                self._sheet.line([(x + 3, self._y(cell.label_y + 3)), (x + 3, y)], color=HATCH)
            strong = cell.glance or cell.kind in (PREEMPT, STALL)
            label = cut_to(words.clean(cell.label), self._sheet.width - MARGIN - x, _SMALL, bold=strong)
            color = STAR if strong else INK
            self._sheet.text(
                x + 1, self._y(cell.label_y), label, size=_SMALL, color=color, bold=strong, halo=True
            )

    def _strokes(self, places: Sequence[tuple[float, float]]) -> None:
        """Moments at which threads ran; those that no eye could tell apart become one."""
        blocks: list[list[float]] = []  # y, from, to
        for y, x in places:
            if blocks and blocks[-1][0] == y and x - blocks[-1][2] <= _CLOSE:
                blocks[-1][2] = x
            else:
                blocks.append([y, x, x])
        for y, begin, end in blocks:
            self._used.add("stroke" if begin == end else "often")
            wide = end - begin + _STROKE
            self._sheet.rect(begin - _STROKE / 2, self._y(y), wide, BAR * self._scale, fill=RUN)

    def _stop(self, x: float, y: float) -> None:
        """The end of a thread."""
        self._used.add(END)
        self._sheet.line([(x, y - 10), (x, y + 10)], width=3)

    def _arrows_ends(self) -> None:
        seen = set()
        # Over time, how the scene is set would be a heap of arrows on one stroke.
        first = 1 if self._timed else self._begin
        for arrow in self._drawing.arrows:
            place = (arrow.kind, round(self._x(arrow.x)), arrow.start, arrow.end)
            if arrow.kind != "next" and place not in seen and first <= arrow.x <= self._end:
                seen.add(place)
                self._arrow(arrow)
        if self._end >= self._drawing.end:
            for thread in self._stuck:
                if thread in self._drawing.bars:
                    self._used.add("stuck")
                    middle = self._y(self._drawing.bars[thread] + BAR / 2)
                    self._sheet.mark([(self._x(self._end) + 9, middle)], "X", color=BAD, size=10)

    def _arrow(self, arrow: Arrow) -> None:
        self._used.add(arrow.kind)
        x = self._x(arrow.x)
        dash = (4.0, 2.0) if arrow.kind == "wake" else ()
        self._sheet.arrow((x, self._y(arrow.start)), (x, self._y(arrow.end)), dash=dash)
