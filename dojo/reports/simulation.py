"""The report on a simulated cell: what it printed, how it ended, and over many interleavings how many ended how."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from rich.cells import cell_len, chop_cells

from dojo.checking.verdict import Counterexample, Row, Stuck
from dojo.grading.cells.ended import Ended
from dojo.grading.cells.simulate import Simulation
from dojo.grading.judge import Replay
from dojo.reports.failure import INDENT, story
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, count, line
from dojo.reports.story import seconds

T = TypeVar("T", Row, Stuck)

_KEPT = "kept"  # what earlier cells have kept, as a file
_MOST_PRINTED = 60  # lines
_MOST_ROWS = 8
_MOST_RESULT = 6  # lines of what a row of the table printed
_ENDINGS = 44  # columns at most
_LONGEST = 160  # characters of what is only named


def simulated(found: Simulation, path: str, page: Page) -> Lines:
    """What to tell about a cell.

    Args:
        found: what came of it.
        path: how its places are named.
        page: where to.
    """
    if found.problem is not None:
        lines = page.paragraph(found.problem.message, 2, label="STOP  ", style=STRONG, most=8)
        spot = f"{path}:{found.problem.line}" if found.problem.line else path
        lines += page.paragraph(spot, INDENT, label="at      ")
        return lines + page.paragraph(found.problem.remedy, INDENT, label="remedy  ")
    lines = _many(found, page) if found.schedules > 1 else _one(found, path, page)
    run = found.run
    example = run.verdict.counterexample if run is not None and run.verdict is not None else None
    if example is None:
        return lines
    if found.schedules > 1:
        how = count(example.preemptions, "preemption") if example.preemptions else "the default order"
        kind = example.kind.partition(":")[0]
        text = f"The smallest interleaving found that ends in '{kind}', {how}:"
        lines += [line(""), *page.paragraph(text, 0, style=STRONG)]
    return lines + story(_with_kept(example, found.own), path, page)


def shown_run(found: Simulation) -> Replay | None:
    """The run to be drawn, with the places in its verdict named as in the report."""
    run = found.run
    if run is None or run.verdict is None or run.verdict.counterexample is None:
        return run
    example = _with_kept(run.verdict.counterexample, found.own)
    return replace(run, verdict=replace(run.verdict, counterexample=example))


def _with_kept(example: Counterexample, own: int) -> Counterexample:
    """The same run; lines below those of the cell are named as what they are. Their numbers are the timeline's."""

    def named(file: str, number: int) -> tuple[str, int]:
        return (_KEPT if number > own else file, number)

    def moved(item: T) -> T:
        file, number = named(item.file, item.line)
        return replace(item, file=file, line=number)

    return replace(
        example,
        rows=[moved(each) for each in example.rows],
        stuck=[moved(each) for each in example.stuck],
        place=named(*example.place) if example.place is not None else None,
    )


def _one(found: Simulation, path: str, page: Page) -> Lines:
    (ended,) = found.endings
    lines = _printed(ended, page, _MOST_PRINTED)
    time = f"{seconds(found.elapsed)} of virtual time, {count(found.threads, 'thread')}"
    if ended.ok:
        return [*lines, line((ended.kind, GOOD), (f"   {time}", DIM))]
    lines += page.paragraph(ended.message, 0, label=f"{page.clean(ended.kind)}   ", style=BAD, most=8)
    told = found.run is not None  # with the place, below
    spot = f"at {_KEPT if ended.line > found.own else path}:{ended.line}, " if ended.line and not told else ""
    return lines + page.paragraph(f"{spot}after {time}", 0, style=DIM)


def _many(found: Simulation, page: Page) -> Lines:
    """A table: each way to end, and for how many schedules."""
    what = "all interleavings there are" if found.every else "interleavings explored"
    total = found.schedules
    lines = [line((f"{total:,} {what}", STRONG)), line("")]
    endings = sorted(found.endings, key=lambda each: -each.schedules)
    shown = endings[:_MOST_ROWS]
    texts = [page.clean(_ended(each.kind, each.message)) for each in shown]
    width = min(_ENDINGS, max(cell_len(each) for each in [*texts, "ended in"]))
    lines.append(line((f"{'schedules':>10}  {'ended in':<{width}}  result", DIM)))
    for ended, text in zip(shown, texts, strict=True):
        left = page.wrap(text, width, 3)
        results = _printed(ended, page, _MOST_RESULT, page.width - width - 14)
        for number in range(max(len(left), len(results), 1)):
            amount = f"{ended.schedules:,}" if number == 0 else ""
            ending = left[number] if number < len(left) else ""
            gap = " " * (width - cell_len(ending))
            start = line(f"{amount:>10}  ", (ending, GOOD if ended.ok else BAD), f"{gap}  ")
            lines.append(start + results[number] if number < len(results) else start)
    rest = endings[_MOST_ROWS:]
    if rest:
        amount = f"{sum(each.schedules for each in rest):,}"
        lines.append(line((f"{amount:>10}  in {count(len(rest), 'other way')}", DIM)))
    for each in lines:
        each.rstrip()
    return lines


def _printed(ended: Ended, page: Page, most: int, width: int = 0) -> Lines:
    """What a run printed, line by line, and the value it ended with."""
    width = width or page.width
    texts = ended.printed.removesuffix("\n").split("\n") if ended.printed else []
    texts += [ended.shown] if ended.shown else []
    lines: Lines = []
    for text in texts:
        lines += [line(part) for part in chop_cells(page.clean(text), width) or [""]]
    if len(lines) > most or ended.lost:
        left = f"... {count(len(lines) - most, 'more line')}" if len(lines) > most else "..."
        lost = f", {count(ended.lost, 'character')} dropped" if ended.lost else ""
        lines = [*lines[:most], line((left + lost, WARN))]
    return lines


def _ended(kind: str, message: str) -> str:
    """A way to end, in a line."""
    text = f"{kind}: {message}" if message and not kind.startswith("deadlock") else kind
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
