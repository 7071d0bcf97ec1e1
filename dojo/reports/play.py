"""Playing the scheduler, in words: what is to be done, whose turn it is, how it ended, the way that is known."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from dojo.checking.turn import Departure, End, Opening, Option, Turn
from dojo.checking.verdict import Status
from dojo.grading.play import Move
from dojo.grading.result import KataResult, Problem, State
from dojo.reports.failure import command, in_full
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, count, line
from dojo.reports.scene import LABEL, WITHIN, Source, scene
from dojo.reports.story import seconds, where

HELP = (
    ("number", "let the thread of that number go on to its next decision point"),
    ("letter", "the same by the first letter of its name, where that means nothing else"),
    ("enter", "the default: whoever runs goes on"),
    ("t", "let time pass: the thread marked > stands still until the next wait ends"),
    ("b", "go on in default order until the turn goes to another thread"),
    ("u", "undo"),
    ("r", "restart"),
    ("f", "finish in default order"),
    ("s", "give up and show the shortest way known"),
    ("?", "this help"),
    ("q", "quit"),
)
_AFTERWARDS = ("[u] undo", "[r] restart", "[?] help", "[q] quit")


def opening(known: Opening, kata: str, page: Page) -> Lines:
    """What the game is about."""
    lines = page.paragraph(known.property, 0, label=f"{kata}   ", style=STRONG)
    if known.why:
        lines += page.paragraph(known.why, 0, style=DIM)
    if known.workload:
        values = ", ".join(f"{name}={value}" for name, value in known.workload.items())
        lines += page.paragraph(values, 0, label=f"{'with':<{LABEL}}", most=4)
    if known.note:
        lines += page.paragraph(f"{known.note}.", 0, label=f"{'note':<{LABEL}}", style=WARN)
    return lines + page.paragraph(_task(known), 0, label=f"{'task':<{LABEL}}")


def _task(known: Opening) -> str:
    if known.known is None:
        tried = count(known.schedules, "schedule")
        return f"Break this promise, if you can: the grader tried {tried} and found no way."
    if not known.way:
        return "Break this promise: it breaks in the default order already."
    return (
        "You are the scheduler: break this promise. "
        f"The shortest way known leaves the default order {_times(len(known.way))}."
    )


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def turn(at: Turn, moves: Sequence[Move], source: Source, page: Page, *, before: int = 0) -> Lines:
    """How the run stands.

    Args:
        at: whose turn it is.
        moves: what was chosen so far.
        source: the learner's file.
        page: where to.
        before: how many steps there were before the last choice.
    """
    left = departures(moves)
    head = f"decision point {len(moves) + 1}   clock {seconds(at.now)}   default order left {left}x"
    lines = _ruled(head, page)
    lines += scene(at, source, page, before=before)
    return lines + menu(at, page, undo=bool(moves))


def _ruled(head: str, page: Page) -> Lines:
    """A heading in a rule, where it fits into one."""
    if len(head) + 8 > page.width:
        return page.paragraph(head, 0, label="-- ", style=DIM)
    return [line((f"---- {head} ".ljust(page.width, "-"), DIM))]


def departures(moves: Sequence[Move]) -> int:
    """How many of the choices leave the default order."""
    return sum(any(move) for move in moves)


def menu(at: Turn, page: Page, *, undo: bool) -> Lines:
    """What can be chosen."""
    first, *others = at.options
    parts = [f"[enter] {first.thread}", *(f"[{each.number}] {each.thread}" for each in others)]
    parts += [f"[t] {seconds(at.stall)} pass"] if at.stall else []
    parts += ["[b] on to its next wait"] if at.running else []
    parts += ["[u] undo"] if undo else []
    return _flow("Who goes on?", [*parts, "[?] help", "[q] quit"], page)


def _flow(label: str, parts: Sequence[str], page: Page) -> Lines:
    """Parts beside each other, none of them broken without need."""
    rows = [label]
    for part in map(page.clean, parts):
        if cell_len(rows[-1]) + 3 + cell_len(part) <= page.width:
            rows[-1] += f"   {part}"
        else:
            rows += page.wrap(part, page.width - 3)
            rows[-1] = f"   {rows[-1]}"
    return [line((row, STRONG)) for row in rows]


def help_text(page: Page) -> Lines:
    """What the keys do."""
    lines: Lines = []
    for key, text in HELP:
        lines += page.paragraph(text, 2, label=f"{key:<{LABEL}}")
    return lines


def ended(end: End, moves: Sequence[Move], known: Opening, kata: str, path: str, page: Page) -> Lines:
    """How the run ended.

    Args:
        end: what came of it.
        moves: what was chosen.
        known: what was known before.
        kata: its kata.
        path: the file, as shown to the reader.
        page: where to.
    """
    result = KataResult(kata, path, State.FAILED)
    lines = [
        line((f"---- the end, after {count(len(moves), 'decision point')} ".ljust(page.width, "-"), DIM))
    ]
    if end.verdict.status is not Status.FAIL:
        lines += page.paragraph("This run ended well: the promise was kept.", 0, style=GOOD)
        return lines + _flow("What now?", ["[s] show a way", *_AFTERWARDS], page)
    lines += in_full(end.verdict, result, page)
    if end.token:
        pieces = command(result, page, "timeline", token=end.token)
        for label, piece in zip(["timeline", *[""] * len(pieces)], pieces, strict=False):
            lines.append(line(f"{'':8}{label:<10}", (piece, STRONG)))
    else:
        lines += page.paragraph(
            "this run cannot be repeated from its token", 0, label=f"{'note':<{LABEL}}", style=WARN
        )
    mine, best = departures(moves), len(known.way)
    text = f"A violation: you left the default order {_times(mine)}"
    if known.known is not None:
        text += f", and {_times(best)} is the fewest known" if mine != best else ", the fewest known"
    return [
        *lines,
        line(""),
        *page.paragraph(f"{text}.", 0, style=BAD),
        *_flow("What now?", _AFTERWARDS, page),
    ]


def shortest(known: Opening, kata: str, path: str, page: Page) -> Lines:
    """The way that is known, as a list of choices, and what comes of it."""
    if known.known is None:
        return page.paragraph("No violation is known.", 0)
    lines = page.paragraph(f"The shortest way known: {count(len(known.way), 'choice')}.", 0, style=STRONG)
    for number, each in enumerate(known.way, 1):
        lines += page.paragraph(_step(each), 2, label=f"{number}. ")
    return [*lines, line(""), *in_full(known.known, KataResult(kata, path, State.FAILED), page)]


def _step(departure: Departure) -> str:
    first = departure.default
    place = f"When {first.thread} {_stands(first)}, "
    if departure.chosen is None:
        return f"{place}let it stand still for {seconds(departure.stall)} (t)."
    return f"{place}let {departure.chosen.thread} go on ({departure.chosen.number})."


def _stands(option: Option) -> str:
    within = WITHIN.get(option.within, "")
    spot = where(option.file, option.line)
    text = f"stands at {spot}" if spot else "is to go on"
    text += f" ({within})" if within else ""
    return text + (f": {option.text}" if option.text else "")


def stopped(problem: Problem, page: Page) -> Lines:
    """Why the game is over before its end."""
    lines = page.paragraph(problem.message, 0, label="STOP  ", style=STRONG, most=8)
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    lines += page.paragraph(place, 6, label="at      ") if place else []
    return lines + (page.paragraph(problem.remedy, 6, label="remedy  ") if problem.remedy else [])


def choose_property(properties: Sequence[tuple[str, str]], kata: str, page: Page) -> Lines:
    """The properties of a kata as a numbered list.

    Args:
        properties: slug and promise of each.
        kata: whose they are.
        page: where to.
    """
    lines = page.paragraph("Which promise of it do you want to break?", 0, label=f"{kata}   ", style=STRONG)
    for number, (slug, promise) in enumerate(properties, 1):
        lines += page.paragraph(f"{promise} ({slug})", 0, label=f"{number:>4}  ")
    return lines
