"""A replayed run step by step: who did what at which line and when, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from dojo.checking.verdict import PRINT, Status, Step
from dojo.grading.judge import Replay
from dojo.grading.result import KataResult, Problem, State
from dojo.reports.failure import in_full
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, line
from dojo.reports.story import seconds, where

_GAP = 2
_LONGEST_NAME = 14
_LONGEST_WHAT = 20
_WITH_PLACES = 64  # columns
_MOST_LINES = 2  # of one source line
_MOST_PRINTED = 6  # of one line that was printed
_NOTES = {"preempt": "<- preempted here", "stall": "<- stands still here"}


def replayed(replay: Replay, kata: str, path: str, page: Page) -> Lines:
    """The notes, every step, the ending.

    Args:
        replay: the run.
        kata: its kata.
        path: the file, as shown to the reader.
        page: where to.
    """
    if replay.problem is not None:
        return _stopped(replay.problem, path, page)
    lines: Lines = []
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


def trace(steps: Sequence[Step], page: Page) -> Lines:
    """Every step on a line: number, thread, what it did, source line and place; time where it moves."""
    if not steps:
        return page.paragraph("(no steps)", 0, style=DIM)
    table = _Table.of(steps, page)
    lines = [table.heading()]
    now, previous = 0, ("", "", 0)
    for step in steps:
        if step.now != now:
            now = step.now
            lines.append(line((f"{'':>{table.number}}  ---- clock: {seconds(now)} ----", WARN)))
        if step.kind == "clock":
            continue
        # A source line that goes on is not repeated: the eye finds the next one faster.
        here = (step.thread, step.file, step.line)
        lines += table.row(step, repeated=here == previous)
        previous = here
    return lines


def _stopped(problem: Problem, path: str, page: Page) -> Lines:
    lines = page.paragraph(problem.message, 0, label="STOP  ", style=STRONG, most=8)
    lines += page.paragraph(f"{path}:{problem.line}" if problem.line else path, 6, label="at      ")
    return lines + (page.paragraph(problem.remedy, 6, label="remedy  ") if problem.remedy else [])


@dataclass(frozen=True, slots=True)
class _Table:
    """The widths of the columns."""

    page: Page
    number: int
    name: int
    what: int
    place: int

    @staticmethod
    def of(steps: Sequence[Step], page: Page) -> _Table:
        def widest(texts: list[str], heading: str, most: int) -> int:
            return min(most, max(len(heading), *(cell_len(page.clean(text)) for text in texts)))

        places = [where(step.file, step.line) for step in steps]
        return _Table(
            page,
            number=max(len("step"), *(len(str(step.number)) for step in steps)),
            name=widest([step.thread for step in steps], "thread", min(_LONGEST_NAME, page.width // 6)),
            what=widest([_what(step) for step in steps], "what", min(_LONGEST_WHAT, page.width // 5)),
            # A narrow terminal does without the places: the source lines say more.
            place=widest(places, "", page.width // 4) if page.width >= _WITH_PLACES else 0,
        )

    @property
    def begin(self) -> int:
        """Where the source lines begin."""
        return self.number + self.name + self.what + 3 * _GAP

    @property
    def room(self) -> int:
        """How wide they may be."""
        return self.page.width - self.begin - self.place - _GAP

    def heading(self) -> Text:
        """The names of the columns."""
        head = f"{'step':>{self.number}}  {'thread':<{self.name}}  {'what':<{self.what}}  line"
        return line((head, DIM))

    def row(self, step: Step, *, repeated: bool) -> Lines:
        """One step; the schedule's own doings are marked."""
        note = _NOTES.get(step.kind, "")
        name = self.page.cut_left(step.thread, self.name)
        gutter = "*" if note else " "
        source, place = "", ""
        if step.kind == PRINT:
            source = step.value
        elif not repeated or note:
            source = step.text.partition("  #")[0]
        if not repeated and self.place:
            place = self.page.cut_left(where(step.file, step.line), self.place)
        # Without anything beside it there is room for all of what was done.
        alone = not source and not place and not note
        width = self.page.width - self.begin + _GAP + self.what if alone else self.what
        padded = name + " " * (self.name - cell_len(name) + _GAP)
        start = f"{step.number:>{self.number}}{gutter} {padded}{self.page.cut(_what(step), width)}"
        most = _MOST_PRINTED if step.kind == PRINT else _MOST_LINES
        texts = self.page.wrap(source, self.room, most) + (self.page.wrap(note, self.room) if note else [])
        lines = []
        for number, text in enumerate(texts):
            lead = "" if number else start
            shown = lead + " " * (self.begin - cell_len(lead)) + text
            right = (
                "" if number or not place else " " * (self.page.width - self.place - cell_len(shown)) + place
            )
            lines.append(line((shown, WARN if note else ""), (right, DIM)))
        return lines


def _what(step: Step) -> str:
    if step.kind == PRINT:
        return "prints"
    return f"{step.kind} {step.detail}".strip()
