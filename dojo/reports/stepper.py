"""The stepper: one screen of a replayed run, made to fit a terminal of any size.

From top to bottom: the kata and what went wrong; the step and the clock; the threads; the source around the
current line; what happened before and what happens now; locks; values; the keys. The upper part has the same
rows on every screen, so that the eye stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.text import Text

from dojo.reports import cast, panels
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, line
from dojo.reports.reel import Reel
from dojo.reports.story import seconds
from dojo.reports.timeline.beats import PREEMPT, STALL

LOWEST = 15  # rows; on a lower terminal the last rows are cut off
_MOST_SOURCE = 15
_LABEL = 8
HELP = (
    ("right, space, n", "on to the next screen"),
    ("left, b", "back"),
    ("p  P", "to the next or previous preemption or stall: where the schedule interferes"),
    ("home  end", "to the beginning, to the end of the run"),
    ("12 enter", "to step 12"),
    ("s", "a screen for every source line, or for every step"),
    ("q, esc", "quit"),
    (">", "the thread that runs on this screen, and its line"),
    ("*", "a lock or a value that has just changed"),
    ("!", "what a thread does not know: another one has changed a value that it read"),
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How many rows each part may have, the same on every screen of a reel."""

    given: int
    title: int
    wrong: int
    note: int
    threads: int
    columns: bool
    source: int
    before: int
    state: int  # what happens now, locks and values
    blank: int

    @property
    def rows(self) -> int:
        """All of them, with the line of the step and that of the keys."""
        parts = (
            self.given,
            self.title,
            self.wrong,
            self.note,
            self.threads,
            self.source,
            self.before,
            self.state,
        )
        return sum(parts) + 2 + self.blank


def _plan(reel: Reel, page: Page, height: int) -> _Plan:
    """Decide what there is room for.

    On a terminal that is too low these go, in this order, until the rest fits: what happened before, the
    input, a row of the values, the second line of the title, the blank rows, two lines of source, the
    threads' columns (a line each instead), the second line of what went wrong, another row of the values,
    two more lines of source, threads that have not done anything for long, one more row of the values, all
    but three threads. Rows that are left over make the source window larger, up to 15 lines, and leave room
    for values.
    """
    count = len(reel.threads)
    columns = cast.in_columns(reel, page)
    listed = min(count, 8)
    plan = _Plan(
        given=1 if reel.given else 0,
        title=len(_title(reel, page, 2)),
        wrong=len(_wrong(reel, page, 2)),
        note=1 if reel.notes else 0,
        threads=cast.COLUMN_ROWS if columns else listed,
        columns=columns,
        source=7,
        before=2,
        state=8,
        blank=2,
    )
    smaller: list[dict[str, int | bool]] = [
        {"before": 1},
        {"before": 0},
        {"given": 0},
        {"state": 7},
        {"title": 1},
        {"blank": 1},
        {"blank": 0},
        {"source": 5},
        {"threads": min(plan.threads, listed), "columns": columns and count >= cast.COLUMN_ROWS},
        {"wrong": 1},
        {"state": 6},
        {"source": 3},
        {"threads": min(listed, 4), "columns": False},
        {"state": 5},
        {"threads": min(listed, 3)},
    ]
    for change in smaller:
        if plan.rows <= height:
            break
        plan = replace(plan, **change)  # type: ignore[arg-type]
    spare = height - plan.rows
    if spare > 0:
        plan = replace(plan, state=plan.state + min(spare, 2))
        spare = height - plan.rows
        plan = replace(plan, source=min(_MOST_SOURCE, plan.source + spare // 2 * 2))
        plan = replace(plan, state=plan.state + height - plan.rows)
    return plan


def frame(reel: Reel, index: int, page: Page, height: int, *, prompt: str = "") -> Lines:
    """One screen.

    Args:
        reel: the run.
        index: which screen of it.
        page: how wide, and in which encoding.
        height: rows of the terminal.
        prompt: what to show instead of the keys.

    Returns:
        As many lines as the terminal has rows, or fewer.
    """
    index = min(index, reel.last)
    plan = _plan(reel, page, height)
    lines = _title(reel, page, plan.title) + _wrong(reel, page, plan.wrong)
    if reel.notes:
        lines += _once("note", f"{'; '.join(reel.notes)}: the run may differ", page, WARN)
    if plan.given:
        lines += _once("with", reel.given, page, DIM)
    lines.append(_status(reel, index, page))
    threads = cast.threads(reel, index, page, plan.threads, columns=plan.columns)
    lines += _padded(threads, plan.threads + min(1, plan.blank))
    lines += _padded(panels.source(reel, index, page, plan.source), plan.source + plan.blank // 2)
    lines += _padded(panels.before(reel, index, page, plan.before), plan.before)
    lines += _state(reel, index, page, plan.state)
    lines = _padded(lines[: height - 1], height - 1)
    return [*lines, _footer(reel, page, prompt)]


def _state(reel: Reel, index: int, page: Page, rows: int) -> Lines:
    """What happens, locks and values in the rows there are: what happens first, the values with the rest."""
    lines = panels.now(reel, index, page, max(2, rows - 2))
    held = panels.locks(reel, index, page, max(1, min(4, rows - len(lines) - 1)))
    if len(lines) + len(held) > rows:
        return (lines + held)[:rows]
    return lines + held + panels.values(reel, index, page, rows - len(lines) - len(held))


def _title(reel: Reel, page: Page, rows: int) -> Lines:
    return page.paragraph(reel.promise, 0, label=f"{page.clean(reel.kata)}  ", style=STRONG, most=rows)


def _wrong(reel: Reel, page: Page, rows: int) -> Lines:
    if reel.wrong:
        return page.paragraph(reel.wrong, 0, label=f"{'FAIL':<{_LABEL}}", style=BAD, most=rows)
    return page.paragraph(
        "this run does not fail (any more)", 0, label=f"{'pass':<{_LABEL}}", style=GOOD, most=rows
    )


def _once(label: str, text: str, page: Page, style: str) -> Lines:
    """A text on one line, however long."""
    return [line(f"{label:<{_LABEL}}", (page.cut(text, page.width - _LABEL), style))]


def _status(reel: Reel, index: int, page: Page) -> Text:
    """Which step, what time it is, and whether the schedule has just interfered."""
    beat = reel.beat(index)
    if index >= reel.last:
        step = f"end, after {reel.steps}"
    else:
        step = f"{beat.first}{f'-{beat.last}' if beat.last != beat.first else ''} of {reel.steps}"
    right, style = _interference(reel, index)
    clock = f"   clock {seconds(beat.now)}"
    for left, note in (
        (f"step {step}{clock}", right),
        (f"step {step}{clock}", right.partition(":")[0] if style == WARN else ""),
        (f"step {step}", right.partition(":")[0] if style == WARN else ""),
        (f"step {step}", ""),
    ):
        gap = page.width - len(left) - len(note)
        if gap >= 2:
            break
    bar = line((page.cut(left, page.width), STRONG), " " * max(0, gap), (note, style))
    bar.stylize("reverse")
    return bar


def _interference(reel: Reel, index: int) -> tuple[str, str]:
    """What the schedule does now, or where it does something next; and how that looks."""
    turns = reel.turns
    names = {PREEMPT: "preemption", STALL: "stall"}
    if index in turns:
        kind = names[reel.beats[index].kind].upper()
        return f"* {kind}" + (f": {turns.index(index) + 1} of {len(turns)}" if len(turns) > 1 else " *"), WARN
    ahead = [turn for turn in turns if turn > index]
    if not turns:
        return "", DIM
    nearest = reel.beats[ahead[0] if ahead else turns[-1]]
    return f"{'next' if ahead else 'last'} {names[nearest.kind]}: step {nearest.first}", DIM


def _footer(reel: Reel, page: Page, prompt: str) -> Text:
    """What was typed or is to be said, else the keys; the last ones go where there is no room."""
    if prompt:
        return line((page.cut(prompt, page.width), WARN))
    keys = [
        "-> on",
        "<- back",
        "p preemption",
        "s by line" if reel.each_step else "s every step",
        "? help",
        "q quit",
    ]
    while len(keys) > 1 and cell_len("   ".join(keys)) > page.width:
        del keys[2 if len(keys) > 4 else -1]
    return line(("   ".join(keys), DIM))


def _padded(lines: Lines, rows: int) -> Lines:
    """Exactly so many lines."""
    return [*lines[:rows], *(line("") for _ in range(rows - len(lines)))]


def help_screen(page: Page, height: int) -> Lines:
    """What the keys do and what the marks mean, for a terminal of so many rows."""
    lines: Lines = [line(("Stepping through a run", STRONG)), line("")]
    width = max(len(keys) for keys, _ in HELP)
    for keys, text in HELP:
        lines += page.paragraph(text, 0, label=f"{keys:<{width}}  ")
    return [*_padded(lines, height - 1), line(("any key: back", DIM))]
