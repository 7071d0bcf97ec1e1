"""The story of a failing run: what each thread did, one column a thread, time running downwards.

A row belongs to one thread, so its text may run on to the right under the next thread's heading: a column is
where a thread's lines begin. Where there are too many threads for that, every row names its thread instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from rich.cells import cell_len

from dojo.checking.verdict import Row
from dojo.reports.page import DIM, STRONG, WARN, Lines, Page, line

INDENT = 8
_GAP = 2
_NARROWEST_COLUMN = 10
_NARROWEST_TEXT = 18
_LONGEST_NAME = 16
_SETUP_LINES = 3
_ALONE_LINES = 8
_MOST_LINES = 3  # of one source line that is too long for its column

_NOTES = {
    "preempted": "<- preempted here",
    "stalled": "<- stands still here",
    "blocked": "<- waits",
}
CROWD = 8  # other threads that do the same, from which on they are only counted
_IN_GUTTER = frozenset({"preempted", "stalled"})


def tell(rows: Sequence[Row], threads: Sequence[str], page: Page, *, stall: int = 0) -> Lines:
    """The story in lines of the page.

    Args:
        rows: what happened, in order.
        threads: all thread names in the order of their start.
        page: where to.
        stall: how long the one stall of the schedule lasts, in nanoseconds; 0 if there is not just one.
    """
    if not rows:
        return []
    present = [name for name in threads if any(row.thread == name for row in rows)]
    present += sorted({row.thread for row in rows} - set(present) - {""})
    rows = _without_setup(rows)
    layout = _Layout.of(rows, present, page)
    if layout.starts is None:
        rows = _without_crowds(rows)
    lines = layout.heading(present)
    for index, row in enumerate(rows):
        if row.mark == "clock":
            # Several jumps in a row are one wait for the reader: the last one says where time has come to.
            if index + 1 == len(rows) or rows[index + 1].mark != "clock":
                lines.append(line((" " * INDENT + f"---- clock: {seconds(row.now)} ----", WARN)))
        elif row.mark == "gap":
            lines.append(line((" " * INDENT + page.cut(row.text, page.width - INDENT), DIM)))
        else:
            lines += layout.row(row, stall)
    return lines


def _without_setup(rows: Sequence[Row]) -> Sequence[Row]:
    """Leave out how the scene is set: most of what the first thread does before any other, or when it is alone."""
    plain = 0
    while plain < len(rows) and not rows[plain].mark and rows[plain].thread == rows[0].thread:
        plain += 1
    # Without another thread there is no scene: what counts is how it ended.
    extra = plain - (_ALONE_LINES if plain == len(rows) else _SETUP_LINES)
    if extra < 2:
        return rows
    return [Row("", f"... {extra} lines of {rows[0].thread} ...", "", 0, "gap"), *rows[extra:]]


def _without_crowds(rows: Sequence[Row]) -> list[Row]:
    """Tell once what many threads do one after the other."""
    found: list[Row] = []
    for _, group in groupby(rows, lambda row: replace(row, thread="", now=0)):
        alike = list(group)
        others = len({row.thread for row in alike} - {alike[0].thread})
        if others >= CROWD and alike[0].thread:
            alike = [alike[0], Row("", f"... the same in {others} other threads ...", "", 0, "gap")]
        found += alike
    return found


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where everything goes: the columns at which threads begin, or None for a thread's name in every row."""

    page: Page
    starts: dict[str, int] | None
    names: int  # width of the names when there are no columns
    margin: int  # where the places begin

    @staticmethod
    def of(rows: Sequence[Row], threads: Sequence[str], page: Page) -> _Layout:
        longest = max(cell_len(page.clean(place(row))) for row in rows)
        margin = page.width - min(longest, page.width // 4)
        room = margin - _GAP - INDENT
        names = max((cell_len(page.clean(name)) for name in threads), default=0)
        # The last column has the least room for its text: the others stay narrow for its sake.
        limit = max(room // (len(threads) + 1), min(names, _LONGEST_NAME) + _GAP)
        if len(threads) > 1:
            limit = min(limit, (room - _NARROWEST_TEXT) // (len(threads) - 1))
            if limit < _NARROWEST_COLUMN:
                return _Layout(page, None, min(names, _LONGEST_NAME, room // 3), margin)
        starts, at = {}, INDENT
        for name in threads:
            starts[name] = at
            texts = [page.clean(_source(row)) for row in rows if row.thread == name]
            needed = max(cell_len(text) for text in [page.clean(name), *texts]) + _GAP
            at += min(limit, max(needed, _NARROWEST_COLUMN))
        return _Layout(page, starts, 0, margin)

    def heading(self, threads: Sequence[str]) -> Lines:
        """The names of the threads over their columns."""
        if not self.starts:
            return []
        text = ""
        ends = [*list(self.starts.values())[1:], self.margin]
        for name, end in zip(threads, ends, strict=True):
            start = self.starts[name]
            text += " " * (start - cell_len(text)) + self.page.cut_left(name, end - start - _GAP)
        return [line((text, STRONG))]

    def row(self, row: Row, stall: int) -> Lines:
        """One row: the text, its place in the margin, and the mark."""
        begin = INDENT + self.names + _GAP if self.starts is None else self.starts[row.thread]
        width = self.margin - _GAP - begin
        first, *more = self.page.wrap(_source(row), width - _GAP, _MOST_LINES)
        # What goes on is indented, or it would look like a statement of its own.
        parts = [first, *(" " * _GAP + part for part in more)]
        note = _note(row, stall)
        if note and cell_len(parts[-1]) + 2 + len(note) <= width:
            parts[-1] = f"{parts[-1]}  {note}"
        elif note:
            parts += [" " * _GAP + part for part in self.page.wrap(note, width - _GAP)]
        style = DIM if row.mark == "ended" else WARN if row.mark in _IN_GUTTER else ""
        gutter = "*" if row.mark in _IN_GUTTER else " "
        lead = f"{gutter:>{INDENT - 2}} "
        if self.starts is None:
            lead += " " + self.page.cut_left(row.thread, self.names)
        lines = []
        for number, part in enumerate(parts):
            start = lead if number == 0 else ""
            shown = [(start + " " * (begin - cell_len(start)), ""), (part, style)]
            if number == 0 and row.line:
                where = self.page.cut_left(place(row), self.page.width - self.margin)
                shown += [(" " * (self.margin - begin - cell_len(part)), ""), (where, DIM)]
            lines.append(line(*shown))
        return lines


def _source(row: Row) -> str:
    """What a row says: its source line without a trailing comment, which would only take up room."""
    return "(ends)" if row.mark == "ended" else row.text.partition("  #")[0]


def place(row: Row) -> str:
    """Where a row's line stands: ``worker_pool.py:31``, or nothing."""
    return where(row.file, row.line)


def where(file: str, number: int) -> str:
    """A file's own name and a line, "" when there is none."""
    return f"{file.replace(chr(92), '/').rpartition('/')[2]}:{number}" if number else ""


def seconds(nanoseconds: int) -> str:
    """A stretch of virtual time, exactly: ``2.5 s``."""
    whole, rest = divmod(nanoseconds, 1_000_000_000)
    digits = f"{rest:09d}".rstrip("0")
    return f"{whole}.{digits} s" if digits else f"{whole} s"


def _note(row: Row, stall: int) -> str:
    if row.mark == "stalled" and stall:
        return f"<- stands still here for {seconds(stall)}"
    return _NOTES.get(row.mark, "")
