"""How a run stands where somebody plays the scheduler: every thread, its line and what it waits for.

Threads stand side by side where there is room for their code, else below each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from dojo.checking.turn import Option, Turn
from dojo.checking.verdict import PRINT, Step
from dojo.reports.film import ENDED, READY, RUNNING, SLEEPING, STALLED, WAITING, Moment, Standing, film
from dojo.reports.page import DIM, STRONG, Lines, Page, line, spread
from dojo.reports.story import seconds, where

_NARROWEST_COLUMN = 38
_GAP = 2
LABEL = 10
_INDENT = 4
_LONGEST_NAME = 16
_MOST_LINES = 3  # of the list of what has happened

WITHIN = {
    "line": "",
    "between": "between read and write",
    "inside": "in the middle of the line",
    "acquire": "about to acquire",
    "woken": "its wait is over",
    "begin": "has not begun yet",
    "end": "has nothing left to do",
}
_DONE = {
    "load": "reads",
    "read": "reads",
    "store": "writes",
    "write": "writes",
    "acquired": "takes",
    "release": "lets go of",
    "start": "starts",
    "wake": "wakes",
    "wait": "waits in",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The learner's file: its name in messages and its lines."""

    name: str
    lines: Sequence[str]


def scene(turn: Turn, source: Source, page: Page, *, before: int = 0) -> Lines:
    """A turn in lines of the page.

    Args:
        turn: where the run stands.
        source: the learner's file.
        page: where to.
        before: how many steps the turn before this one had: what has happened since is told.
    """
    moment = film(turn.steps)[-1] if turn.steps else None
    options = {option.number: option for option in turn.options}
    blocks = []
    for number, name in enumerate(turn.threads, 1):
        standing = moment.threads.get(name, Standing(READY)) if moment else Standing(READY)
        holder = moment.held.get(standing.lock, "") if moment else ""
        blocks.append(_Block(number, name, standing, holder, options.get(number), turn, source))
    columns = page.width // len(blocks) if blocks else 0
    lines = happened(turn.steps[before:], page, "just now" if before else "so far")
    if len(blocks) > 1 and columns >= _NARROWEST_COLUMN:
        lines += _side_by_side([each.narrow(page, columns - _GAP) for each in blocks], columns)
    else:
        names = min(_LONGEST_NAME, max(cell_len(page.clean(each.name)) for each in blocks))
        for block in blocks:
            lines += block.wide(page, names)
    return lines + (_shared(moment, turn.steps, page) if moment else [])


def happened(steps: Sequence[Step], page: Page, label: str) -> Lines:
    """What has happened lately, in a few words."""
    told: list[str] = []
    thread = ""
    for step in steps:
        text = _deed(step)
        if not text or (step.thread == thread and told and told[-1].endswith(text)):
            continue
        who = "" if step.thread == thread or not step.thread else f"{step.thread} "
        thread = step.thread or thread
        told.append(who + text)
    if not told:
        return []
    return page.paragraph(", ".join(told), 0, label=f"{label:<{LABEL}}", style=DIM, most=_MOST_LINES)


def _deed(step: Step) -> str:
    if step.kind == "clock":
        return f"the clock moves to {seconds(step.now)}"
    if step.kind == PRINT:
        return f'prints "{step.value}"'
    if step.kind in ("end", "stall"):
        return "ends" if step.kind == "end" else STALLED
    verb = _DONE.get(step.kind, "")
    if not verb or not step.subject or (verb == "reads" and not step.value):
        return ""
    value = f" ({step.value})" if step.value and step.kind != "wait" else ""
    return f"{verb} {step.subject}{value}"


@dataclass(frozen=True, slots=True)
class _Block:
    """What is shown of one thread."""

    number: int
    name: str
    standing: Standing
    holder: str  # who has the lock that it wants, if that is known
    option: Option | None
    turn: Turn
    source: Source

    @property
    def _is_first(self) -> bool:
        return self.turn.options[0].number == self.number

    def narrow(self, page: Page, width: int) -> Lines:
        """The thread as a column: at most ``width`` columns of the terminal."""
        page = Page(width, page.encoding)
        name = page.cut_left(self.name, width - _INDENT)
        shown = [line(self._start, (name, STRONG if self.option else ""))]
        shown += [line(" " * _INDENT + part) for part in page.wrap(self._how(), width - _INDENT)]
        if place := self._place():
            shown.append(line((" " * _INDENT + page.cut_left(place, width - _INDENT), DIM)))
        return shown + self._code(page, width)

    def wide(self, page: Page, names: int) -> Lines:
        """The thread over the whole width; names take ``names`` columns."""
        name = page.cut_left(self.name, names)
        lead = _INDENT + names + _GAP
        parts = page.wrap(self._how(), page.width - lead)
        start = line(
            self._start, (name, STRONG if self.option else ""), " " * (names - cell_len(name) + _GAP)
        )
        rest = [line(" " * lead + part) for part in parts[1:]]
        first = Text.assemble(start, parts[0], end="")
        place = self._place()
        if not place:
            return [first, *rest]
        if rest:
            return [
                first,
                *rest,
                line((" " * lead + page.cut_left(place, page.width - lead), DIM)),
                *self._code(page, page.width),
            ]
        return [
            *spread(first, page.cut_left(place, page.width - lead), page.width),
            *self._code(page, page.width),
        ]

    @property
    def _start(self) -> str:
        return f"{'>' if self._is_first else ' '}{self.number:>2} "

    def _spot(self) -> tuple[str, int, str]:
        """File, line and text of where it stands; "" and 0 when that is of no interest."""
        if self.standing.doing == ENDED:
            return "", 0, ""
        if self.option is not None:
            return self.option.file, self.option.line, self.option.text
        return self.standing.file, self.standing.line, self.standing.text

    def _place(self) -> str:
        file, number, _ = self._spot()
        return where(file, number)

    def _code(self, page: Page, width: int) -> Lines:
        """Its line; of the thread whose turn it is, also those around it."""
        file, number, text = self._spot()
        if not number:
            return []
        if not (self._is_first and file == self.source.name):
            return _code([(number, text)], 0, page, width)
        lines = self.source.lines
        around = range(max(1, number - 1), min(len(lines), number + 1) + 1)
        return _code([(each, lines[each - 1]) for each in around], number, page, width)

    def _how(self) -> str:
        """How the thread stands."""
        if self.option is not None:
            first = (
                ("runs" if self.turn.running else "ready, goes on by default") if self._is_first else READY
            )
            within = WITHIN.get(self.option.within, "")
            return f"{first}, {within}" if within else first
        standing = self.standing
        if standing.doing in (STALLED, SLEEPING):
            return standing.doing + (f" until {seconds(standing.until)}" if standing.until else "")
        if standing.doing == WAITING:
            text = f"{WAITING} in {standing.why}" + (f", held by {self.holder}" if self.holder else "")
            return text + (f", until {seconds(standing.until)}" if standing.until else "")
        if standing.doing == RUNNING:
            return READY
        return standing.doing


def _code(rows: list[tuple[int, str]], current: int, page: Page, width: int) -> Lines:
    """Source lines with their numbers, without the indent that they share; the current one is marked."""
    texts = [text.partition("  #")[0].rstrip() for _, text in rows]
    indent = min((len(text) - len(text.lstrip()) for text in texts if text.strip()), default=0)
    digits = len(str(rows[-1][0]))
    lines = []
    for (number, _), text in zip(rows, texts, strict=True):
        mark = ">" if number == current else " "
        lead = f"{' ' * _INDENT}{mark}{number:>{digits}}  "
        code = page.cut(text[indent:], max(6, width - len(lead)))
        lines.append(line((lead, DIM), (code, STRONG if number == current else "")))
    return lines


def _side_by_side(blocks: Sequence[Lines], width: int) -> Lines:
    rows = []
    for index in range(max(map(len, blocks))):
        row = Text(end="")
        for number, block in enumerate(blocks):
            part = block[index] if index < len(block) else Text()
            row.append(" " * (number * width - cell_len(row.plain)))
            row.append_text(part)
        rows.append(row)
    return rows


def _shared(moment: Moment, steps: Sequence[Step], page: Page) -> Lines:
    """What the threads share: variables, those touched last in front, and locks."""
    touched = dict.fromkeys(step.subject for step in reversed(steps) if step.subject in moment.values)
    values = ", ".join(f"{name} = {moment.values[name]}" for name in touched)
    held = ", ".join(f"{lock} by {name}" for lock, name in moment.held.items())
    lines = page.paragraph(values or "none seen yet", 0, label=f"{'values':<{LABEL}}", most=_MOST_LINES)
    return lines + page.paragraph(held or "none is held", 0, label=f"{'locks':<{LABEL}}", most=_MOST_LINES)
