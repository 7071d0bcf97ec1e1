"""A replayed run step by step: who did what at which line and when, and how it ended."""

from __future__ import annotations

from rich.cells import cell_len

from dojo.checking.verdict import Status, Step
from dojo.grading.judge import Replay
from dojo.grading.result import KataResult, State
from dojo.reports.failure import in_full
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, line
from dojo.reports.story import seconds, where

_GAP = 2
_LONGEST_NAME = 14
_LONGEST_KIND = 16
_SCHEDULE = {"preempt": "preempted here", "stall": "stands still here"}


def replayed(replay: Replay, kata: str, path: str, page: Page) -> Lines:
    """The notes, every step, the ending.

    Args:
        replay: the run.
        kata: its kata.
        path: the file, as shown to the reader.
        page: where to.
    """
    if replay.problem is not None:
        lines = page.paragraph(replay.problem.message, 0, label="STOP  ", style=STRONG, most=8)
        spot = f"{path}:{replay.problem.line}" if replay.problem.line else path
        lines += page.paragraph(spot, 6, label="at      ")
        return lines + (page.paragraph(replay.problem.remedy, 6, label="remedy  ") if replay.problem.remedy else [])
    lines = []
    for note in replay.notes:
        lines += page.paragraph(f"{note}: the run may differ", 0, label="note  ", style=WARN)
    verdict = replay.verdict
    if verdict is not None:
        lines += page.paragraph(verdict.property, 0, label=f"{kata}   ", style=STRONG)
    lines += [line(""), *trace(replay.steps, page), line("")]
    if not replay.reproduced:
        return lines + page.paragraph("This run does not fail (any more).", 0, style=GOOD)
    if verdict is None or verdict.status is not Status.FAIL:
        return lines + page.paragraph("This run fails.", 0, style=BAD)
    return lines + in_full(verdict, KataResult(kata, path, State.FAILED), page)


def trace(steps: tuple[Step, ...], page: Page) -> Lines:
    """Every step on a line: number, thread, what it did, the source line and its place; time where it moves."""
    if not steps:
        return page.paragraph("(no steps)", 0, style=DIM)
    number_width = max(len("step"), len(str(steps[-1].number)))
    name_width = min(_LONGEST_NAME, max(6, *(cell_len(page.clean(step.thread)) for step in steps)))
    kind_width = min(_LONGEST_KIND if page.width >= 60 else 8, max(4, *(cell_len(_what(step, page)) for step in steps)))
    place_width = max(cell_len(page.clean(where(step.file, step.line))) for step in steps)
    place_width = min(place_width, max(page.width // 3, len(":12345")))
    begin = number_width + name_width + kind_width + 3 * _GAP
    room = page.width - begin - place_width - _GAP
    head = f"{'step':>{number_width}}  {'thread':<{name_width}}  {'what':<{kind_width}}  line"
    lines = [line((head, DIM))]
    now, previous = 0, None
    for step in steps:
        if step.now != now or step.kind == "clock":
            now = step.now
            lines.append(line((f"{step.number:>{number_width}}  ---- clock: {seconds(now)} ----", WARN)))
        if step.kind == "clock":
            continue
        # A line that goes on is not repeated: the eye finds the next one faster.
        same = previous is not None and (step.thread, step.file, step.line) == previous
        previous = (step.thread, step.file, step.line)
        lines += _step(step, page, same, (number_width, name_width, kind_width, begin, room, place_width))
    return lines


def _step(step: Step, page: Page, same: bool, widths: tuple[int, int, int, int, int, int]) -> Lines:
    number_width, name_width, kind_width, begin, room, place_width = widths
    name = page.cut_left(step.thread, name_width)
    what = page.cut(_what(step, page), kind_width)
    marked = step.kind in _SCHEDULE
    start = f"{step.number:>{number_width}}{'*' if marked else ' '} "
    start += name + " " * (name_width - cell_len(name) + _GAP) + what
    texts = [] if same and not marked else page.wrap(step.text, room, 2) if room >= 8 else []
    if marked:
        texts = [*texts, f"<- {_SCHEDULE[step.kind]}"]
    lines = []
    for index, text in enumerate(texts or [""]):
        lead = start if index == 0 else ""
        shown = lead + " " * (begin - cell_len(lead)) + text
        place = page.cut_left(where(step.file, step.line), place_width) if index == 0 and texts else ""
        gap = page.width - place_width - cell_len(shown)
        lines.append(line((shown, WARN if marked else ""), (" " * gap + place if place else "", DIM)))
    return lines


def _what(step: Step, page: Page) -> str:
    return page.clean(f"{step.kind} {step.detail}".strip())
