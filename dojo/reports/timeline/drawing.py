"""The drawing of a run: where everything goes. One lane a thread, beats from left to right.

A beat is as wide as its line number. A label may run on to the right over its own lane, where mostly another
thread is at work. Where it would meet the next label of the lane, that one goes above it, and where there is no
room either, its beat moves on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dojo.reports.film import ENDED, READY, Standing
from dojo.reports.story import seconds
from dojo.reports.timeline import words
from dojo.reports.timeline.beats import CLOCK, END, GAP, LINE, PREEMPT, SETUP, STALL, Beat
from dojo.reports.timeline.glance import Glance
from dojo.reports.timeline.shapes import (
    BAR,
    CHARACTER,
    LABEL,
    LOCK,
    PADDING,
    TOP,
    Arrow,
    Band,
    Cell,
    Drawing,
    Span,
)

_NARROWEST = {CLOCK: 34, END: 16, SETUP: 44, GAP: 44, PREEMPT: 26, STALL: 26}
_MARGIN = 6


def draw(
    beats: Sequence[Beat], glances: Sequence[Glance], own: str, verdict_width: float, *, strip: float = 0
) -> Drawing:
    """Lay out a run.

    Args:
        beats: of the run.
        glances: one for each.
        own: the submission's file.
        verdict_width: room on the right for what has become of the run.
        strip: if the drawing is to be cut into strips, how wide each is: no beat and no label crosses a cut.
    """
    places = _places(_threads(beats), beats, glances, strip)
    return _drawn(beats, glances, own, places, _lock_rows(beats), verdict_width)


def draw_over_time(
    beats: Sequence[Beat], glances: Sequence[Glance], own: str, at: Callable[[int], float], end: float
) -> Drawing:
    """Lay out a run over its virtual time: beats have no width, as they take no time, and no text.

    Args:
        beats: of the run.
        glances: one for each.
        own: the submission's file.
        at: where a moment, in virtual nanoseconds, goes to.
        end: where the run ends.
    """
    places = [_Place(at(beat.now), 0, "", "", 0, end - _MARGIN) for beat in beats]
    lasting = [beat for beat, later in pairwise(beats) if later.now > beat.now]
    return _drawn(beats, glances, own, places, _lock_rows(lasting), 0)


def _threads(beats: Sequence[Beat]) -> list[str]:
    return list(beats[-1].after.threads) if beats else []


def _drawn(
    beats: Sequence[Beat],
    glances: Sequence[Glance],
    own: str,
    places: Sequence[_Place],
    rows: dict[str, list[str]],
    verdict_width: float,
) -> Drawing:
    """All parts of a drawing, once it is clear where the beats go."""
    threads = _threads(beats)
    drawing = Drawing(threads)
    y: float = TOP
    for thread in threads:
        raised = any(place.row for beat, place in zip(beats, places, strict=True) if beat.thread == thread)
        drawing.bars[thread] = y + LABEL * (2 if raised else 1)
        y = drawing.bars[thread] + BAR + LOCK * max(1, len(rows.get(thread, []))) + PADDING
    drawing.height = y
    for number, (beat, glance, place) in enumerate(zip(beats, glances, places, strict=True)):
        drawing.cells.append(_cell(number, beat, glance, place, drawing.bars.get(beat.thread, 0), own))
    drawing.end = max((place.end for place in places), default=0) + _MARGIN
    drawing.width = drawing.end + verdict_width
    _add_spans(drawing, beats)
    _add_locks(drawing, beats, rows)
    _add_arrows(drawing, beats)
    _add_bands(drawing, beats)
    return drawing


def _width_of(text: str) -> float:
    return len(text) * CHARACTER


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a beat goes: its column, and its label's row above the bar."""

    x: float
    width: float
    text: str
    label: str
    row: int
    end: float  # of the column and of the label


def _places(
    threads: Sequence[str], beats: Sequence[Beat], glances: Sequence[Glance], strip: float
) -> list[_Place]:
    """Give every beat its place, one after the other."""
    found = []
    x = float(_MARGIN)
    free = {thread: [0.0, 0.0] for thread in threads}  # where the last label in each row ends
    for beat, glance in zip(beats, glances, strict=True):
        text = str(beat.line) if beat.kind == LINE and beat.line else "setup" if beat.kind == SETUP else ""
        width = max(_NARROWEST.get(beat.kind, 24), _width_of(text) + 8)
        label, row = words.label(beat, glance), 0
        end = x + width
        if label:
            lane = free[beat.thread]
            x = max(x, min(lane))
            end = x + max(width, _width_of(label) + 8)
        if strip and end > (cut := strip * (x // strip + 1)):
            x, end = cut + _MARGIN, end - x + cut + _MARGIN
        if label:
            row = 0 if lane[0] <= x else 1
            lane[row] = x + _width_of(label) + 8
        found.append(_Place(x, width, text, label, row, end))
        x += width
    return found


def _cell(number: int, beat: Beat, glance: Glance, place: _Place, y: float, own: str) -> Cell:
    return Cell(
        beat=number,
        kind=beat.kind,
        x=place.x,
        width=place.width,
        y=y,
        text=place.text,
        label=place.label,
        label_y=y - 5 - LABEL * place.row,
        glance=bool(glance.stale or glance.missed),
        ours=beat.file == own,
        title="; ".join([words.sentence(beat, own), *words.effects(beat)]),
    )


def _add_spans(drawing: Drawing, beats: Sequence[Beat]) -> None:
    """What each thread does while it does not run. In the column of a beat the others stand as before it."""
    for thread in drawing.threads:
        y = drawing.bars[thread]
        stood: Standing | None = None
        held: dict[str, str] = {}
        begin = 0.0
        for beat, cell in zip([*beats, None], [*drawing.cells, None], strict=True):
            own = beat is not None and beat.thread == thread
            stands = beat.after.threads.get(thread) if beat is not None else None
            changed = (
                stands is None or stood is None or (stands.doing, stands.why) != (stood.doing, stood.why)
            )
            if not (changed or own):
                continue
            stop = drawing.end if cell is None else cell.x if own else cell.x + cell.width
            if stood is not None and stop > begin:
                drawing.spans.extend(_span(thread, stood, held, begin, stop - begin, y))
            if beat is not None and cell is not None:
                stood, held = stands, beat.after.held
                begin = cell.x + cell.width
    drawing.spans.sort(key=lambda span: (span.y, span.x))


def _span(
    thread: str, stands: Standing, held: dict[str, str], x: float, width: float, y: float
) -> list[Span]:
    if stands.doing == ENDED:
        return []
    kind = stands.doing.replace(" ", "-")
    if stands.doing == READY or width < 1:
        return [Span("ready", x, width, y, "", f"{thread} could run")] if width >= 1 else []
    texts = words.in_hatch(stands, held, thread)
    text = next((each for each in texts if _width_of(each) + 10 <= width), "")
    return [Span(kind, x, width, y, text, f"{thread} {words.standing(thread, stands, held)}", tuple(texts))]


def _lock_rows(beats: Sequence[Beat]) -> dict[str, list[str]]:
    """For every thread the locks that it ever holds, so that each keeps its row."""
    rows: dict[str, list[str]] = {}
    for beat in beats:
        for lock, holder in beat.after.held.items():
            if lock not in rows.setdefault(holder, []):
                rows[holder].append(lock)
    return rows


def _add_locks(drawing: Drawing, beats: Sequence[Beat], rows: dict[str, list[str]]) -> None:
    """A bar from the beat in which a lock is taken to the one in which it is let go."""
    since: dict[tuple[str, str], float] = {}
    for beat, cell in zip(beats, drawing.cells, strict=True):
        held = set(beat.after.held.items())
        for key in [key for key in since if key not in held]:
            _lock(drawing, rows, key, since.pop(key), cell.x + cell.width)
        for key in sorted(held - set(since)):
            since[key] = cell.x
        if beat.kind == LINE:  # taken and let go within one line: not held after it
            for effect in beat.did("acquired"):
                key = (effect.name, beat.thread)
                if key not in held and any(gone.name == effect.name for gone in beat.did("release")):
                    _lock(drawing, rows, key, cell.x, cell.x + cell.width)
    for key, begin in since.items():
        _lock(drawing, rows, key, begin, drawing.end)


def _lock(drawing: Drawing, rows: dict[str, list[str]], key: tuple[str, str], x: float, end: float) -> None:
    name, holder = key
    if holder not in drawing.threads or name not in rows.get(holder, []):
        return
    y = drawing.bars[holder] + BAR + 2 + LOCK * rows[holder].index(name)
    texts = (name, words.short(name))
    text = next((each for each in texts if _width_of(each) + 6 <= end - x), "")
    drawing.locks.append(Span("lock", x, end - x, y, text, f"{holder} holds {name}", texts))


def _add_arrows(drawing: Drawing, beats: Sequence[Beat]) -> None:
    previous: Cell | None = None
    for beat, cell in zip(beats, drawing.cells, strict=True):
        if not beat.thread:
            continue
        if previous is not None and previous.y != cell.y and cell.kind != GAP:
            drawing.arrows.append(Arrow("next", cell.x, previous.y + BAR / 2, cell.y + BAR / 2))
        previous = cell
        others = [effect for effect in beat.did("start", "wake") if effect.name in drawing.threads]
        for number, effect in enumerate(others):
            target = drawing.bars[effect.name]
            down = target > cell.y
            x = cell.x + max(0, cell.width - 5 - 6 * (len(others) - 1 - number))
            begin, end = (cell.y + BAR, target) if down else (cell.y, target + BAR)
            drawing.arrows.append(Arrow(effect.kind, x, begin, end))


def _add_bands(drawing: Drawing, beats: Sequence[Beat]) -> None:
    """The virtual time: it stands still but for the jumps between two bands."""
    begin, now = 0.0, 0
    for beat, cell in zip(beats, drawing.cells, strict=True):
        if beat.now != now:
            drawing.bands.append(Band(begin, cell.x - begin, seconds(now)))
            begin = cell.x + (cell.width if beat.kind in (CLOCK, GAP) else 0)
            now = beat.now
    drawing.bands.append(Band(begin, drawing.end - begin, seconds(now)))
