"""Turns the trace of a failing run into the few rows a reader needs: one line per source line and thread."""

from __future__ import annotations

import linecache
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dojo.checking.naming import name_targets
from dojo.checking.verdict import PRINT, Row, Step, Stuck
from dojo.simulator.machine import Run
from dojo.simulator.outcome import ThreadState
from dojo.simulator.trace import ACCESS, OPERANDS, Event

_LINES = ACCESS | {"acquire", "call", "wait", "start", "preempt", "stall"}


def rows_of(run: Run, files: Sequence[str], source: str) -> list[Row]:
    """The story of a recorded run.

    Consecutive events of one thread at one line become one row; a wait, a preemption, a stall and a jump
    of the clock are marked on the row where they happen. What the main thread did before it started another
    thread is left out: it sets the scene, and no schedule can change it.

    Args:
        run: recorded.
        files: files whose lines are shown; the first is the submission.
        source: the submission's text.
    """
    lines = source.splitlines()
    rows: list[Row] = []
    alone = True
    for event in run.events:
        if alone and event.kind == "start":
            alone = False
            rows.clear()
        if event.kind == "clock":
            rows.append(Row("", f"{event.now / 1e9:g} s", "", 0, "clock", event.now))
        elif event.kind == "end" and event.thread != 1:
            rows.append(Row(run.names[event.thread], "ends", "", 0, "ended", event.now))
        elif event.kind in _LINES and event.line and event.file in files:
            _add(rows, event, run.names[event.thread], _text(event, files, lines))
    return rows


def _text(event: Event, files: Sequence[str], lines: list[str]) -> str:
    return source_line(event.file, event.line, files, lines)


def source_line(file: str, line: int, files: Sequence[str], lines: Sequence[str]) -> str:
    """A line of a file that the reader knows, without its indentation.

    Args:
        file, line: which.
        files: the first is the submission.
        lines: of the submission.
    """
    if file == files[0]:
        return lines[line - 1].strip() if line <= len(lines) else ""
    return linecache.getline(file, line).strip()


def _add(rows: list[Row], event: Event, thread: str, text: str) -> None:
    mark = {"preempt": "preempted", "stall": "stalled", "wait": "blocked"}.get(event.kind, "")
    last = rows[-1] if rows else None
    same = last is not None and (last.thread, last.file, last.line) == (thread, event.file, event.line)
    if same and last is not None and (not last.mark or not mark):
        if mark:
            rows[-1] = Row(thread, text, event.file, event.line, mark, event.now)
            return
        if not last.mark:
            return
    rows.append(Row(thread, text, event.file, event.line, mark, event.now))


def steps_of(run: Run, files: Sequence[str], source: str, *, prints: bool = True) -> list[Step]:
    """Every event of a recorded run as a line to be shown, for a replay step by step.

    Args:
        run: recorded.
        files: files whose lines are shown; the first is the submission.
        source: the submission's text.
        prints: whether what was printed is among the steps.
    """
    lines = source.splitlines()
    steps: list[Step] = []
    named = name_targets(run.targets)
    printed = deque(_printed(run, files, lines) if prints else ())
    for index, event in enumerate(run.events):
        while printed and printed[0][0] <= index:
            steps.append(replace(printed.popleft()[1], number=len(steps) + 1))
        number = len(steps) + 1
        known = event.line > 0 and event.file in files
        text = _text(event, files, lines) if known else ""
        thread = run.names.get(event.thread, "") if event.kind != "clock" else ""
        name = run.names.get(int(event.name), "") if event.kind in ("start", "wake") else event.name
        detail = " ".join(part for part in (name, event.detail) if part)
        subject = _subject(event, name, named)
        file, line = (event.file, event.line) if known else ("", 0)
        steps.append(
            Step(number, event.now, thread, event.kind, text, file, line, detail, subject, event.detail)
        )
    return steps + [replace(step, number=len(steps) + 1 + more) for more, (_, step) in enumerate(printed)]


def _printed(run: Run, files: Sequence[str], lines: list[str]) -> Iterator[tuple[int, Step]]:
    """Each line that was printed as a step, with the number of events before it."""
    texts = [(each, each.text) for each in run.printed]
    if run.lost:
        texts.append((run.printed[-1], f"... and {run.lost:,} more lines, which are not kept"))
    for each, text in texts:
        known = each.place.line > 0 and each.place.file in files
        file, line = (each.place.file, each.place.line) if known else ("", 0)
        code = source_line(file, line, files, lines) if known else ""
        yield each.after, Step(0, each.now, run.names[each.thread], PRINT, code, file, line, text, "", text)


def _subject(event: Event, name: str, named: dict[int, str]) -> str:
    """What an event is about, in the learner's names."""
    if event.kind in ("acquire", "acquired", "release"):
        return named.get(event.target, "")
    if event.kind in ("load", "store") and name not in OPERANDS:
        owner = named.get(event.target, "")
        return f"{owner}.{name}" if owner else ""
    return name if event.kind in ("read", "write", "start", "wake", "wait") else ""


def shorten(rows: list[Row], keep: int = 40) -> list[Row]:
    """Keep the rows around preemptions and the end when a story is too long to read."""
    if len(rows) <= keep:
        return rows
    wanted: set[int] = set(range(len(rows) - keep // 2, len(rows)))
    for index, row in enumerate(rows):
        if row.mark in ("preempted", "stalled"):
            wanted.update(range(max(0, index - 4), min(len(rows), index + 5)))
    for index in range(len(rows)):
        if len(wanted) >= keep:
            break
        wanted.add(index)
    shown: list[Row] = []
    previous = -1
    for index in sorted(wanted):
        if index != previous + 1:
            shown.append(Row("", f"... {index - previous - 1} lines ...", "", 0, "gap"))
        shown.append(rows[index])
        previous = index
    return shown


def stuck_threads(states: Sequence[ThreadState], files: Sequence[str]) -> list[Stuck]:
    """Every thread that had not ended, with the innermost line the reader knows."""
    found = []
    for state in states:
        places = [place for place in state.stack if place.file in files]
        own = [place for place in places if place.file == files[0]]
        file, line = next(((place.file, place.line) for place in reversed(own or places)), ("", 0))
        found.append(Stuck(state.name, state.doing, state.waits_for, state.held_by, file, line))
    return found
