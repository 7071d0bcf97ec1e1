"""What the script in the page needs to show any moment of a run, as plain data: every text only once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dojo.reports.film import Moment
from dojo.reports.story import seconds
from dojo.reports.timeline import words
from dojo.reports.timeline.beats import PREEMPT, STALL, Beat
from dojo.reports.timeline.glance import Glance
from dojo.reports.timeline.shapes import Drawing


class Table:
    """Rows with numbers; an equal row gets the same number."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def number(self, row: Any) -> int:
        """The number of a row, which is added if it is new."""
        if row not in self._numbers:
            self._numbers[row] = len(self.rows)
            self.rows.append(row)
        return self._numbers[row]


def moments(
    beats: Sequence[Beat],
    glances: Sequence[Glance],
    drawing: Drawing,
    own: str,
    ending: str,
    stuck: Sequence[str],
    raised: int,
) -> dict[str, Any]:
    """The data of a page.

    Args:
        beats: of the run.
        glances: one for each.
        drawing: of the same beats.
        own: the submission's file.
        ending: the sentence for the moment after the last beat.
        stuck: a sentence for each thread that had not ended.
        raised: the line of the submission that raised; 0 if none did.
    """
    standings, locks, names = Table(), Table(), Table()
    found: list[dict[str, Any]] = []
    values: dict[str, str] = {}
    for beat, glance, cell in zip(beats, glances, drawing.cells, strict=True):
        after = beat.after
        written = {effect.name for effect in beat.did("write")}
        changes = [
            [
                names.number(words.clean(name)),
                words.clean(values.get(name, "")),
                words.clean(value),
                int(name in written),
            ]
            for name, value in after.values.items()
            if values.get(name) != value
        ]
        values = after.values
        found.append(
            {
                "x": round(cell.x, 1),
                "w": round(cell.width, 1),
                "who": drawing.threads.index(beat.thread) if beat.thread else -1,
                "say": words.clean(words.sentence(beat, own)),
                "code": words.clean(beat.text),
                "did": [words.clean(each) for each in words.effects(beat)],
                "missed": [words.clean(_missed(beat.thread, *each)) for each in glance.missed],
                "time": seconds(beat.now),
                "turn": int(beat.kind in (PREEMPT, STALL)),
                "threads": [_standing(standings, after, name, own) for name in drawing.threads],
                "locks": [locks.number(row) for row in _locks(after)],
                "values": changes,
                "events": f"{beat.first}" if beat.first == beat.last else f"{beat.first} to {beat.last}",
            }
        )
    if found:
        did = [words.clean(each) for each in stuck]
        last = {"did": did, "missed": [], "values": [], "turn": 0, "who": -1, "code": "", "events": ""}
        width = round(drawing.width - drawing.end, 1)
        found.append(
            {**found[-1], **last, "x": round(drawing.end, 1), "w": width, "say": words.clean(ending)}
        )
    return {
        "threads": [words.clean(name) for name in drawing.threads],
        "moments": found,
        "standings": standings.rows,
        "locks": locks.rows,
        "names": names.rows,
        "raised": raised,
    }


def _missed(thread: str, name: str, then: str, value: str, by: str) -> str:
    return f"since {thread} read {name}, {by} has changed it: {then} → {value}"


def _standing(table: Table, after: Moment, thread: str, own: str) -> int:
    """The number of: word, words, place, line of the submission or its negative of the property, source text."""
    stands = after.threads.get(thread)
    if stands is None:
        return -1
    line = stands.line if stands.file == own else -stands.line
    text = words.clean(words.standing(thread, stands, after.held))
    place = words.place(stands.file, stands.line, own)
    return table.number((stands.doing, text, place, line, words.clean(stands.text)))


def _locks(after: Moment) -> list[tuple[str, str, str]]:
    """Name, holder and waiters of every lock that is held or wanted."""
    wanted: dict[str, list[str]] = {}
    for thread, stands in after.threads.items():
        if stands.lock and stands.doing == "waits":
            wanted.setdefault(stands.lock, []).append(thread)
    names = sorted({*after.held, *wanted})
    return [
        (
            words.clean(name),
            words.clean(after.held.get(name, "nobody")),
            words.clean(", ".join(wanted.get(name, []))) or "nobody",
        )
        for name in names
    ]
