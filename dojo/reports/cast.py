"""The cast of a run on a screen of the stepper: how each thread stands, side by side or a line each."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from dojo.reports.film import ENDED, READY, RUNNING, SLEEPING, STALLED, WAITING, Standing
from dojo.reports.page import BAD, DIM, STRONG, WARN, Lines, Page, line
from dojo.reports.reel import Reel
from dojo.reports.story import seconds
from dojo.reports.timeline.beats import PREEMPT, STALL

COLUMN_ROWS = 4  # of a thread that has a column: name, two for what it does, its line
_NARROWEST_COLUMN = 24
_GAP = 2
_LONGEST_NAME = 16
_NARROWEST_WITH_CODE = 64  # columns


def in_columns(reel: Reel, page: Page) -> bool:
    """Whether there is room for the threads side by side."""
    return bool(reel.threads) and page.width // len(reel.threads) >= _NARROWEST_COLUMN


def threads(reel: Reel, index: int, page: Page, rows: int, *, columns: bool) -> Lines:
    """How every thread stands: side by side, or a line each."""
    return _side_by_side(reel, index, page) if columns else _listed(reel, index, page, rows)


def doing(reel: Reel, thread: str, index: int) -> str:
    """How a thread stands, in words."""
    stands = reel.standing(thread, index)
    if stands is None:
        return "not started"
    last = reel.latest(thread, index)
    text = stands.doing
    if stands.doing in (WAITING, SLEEPING, STALLED):
        text = _waits(thread, stands, reel.beat(index).after.held)
    elif stands.doing == READY and last is not None and last.kind == PREEMPT:
        text = f"{READY}, interrupted"
    elif stands.doing == RUNNING and thread != reel.beat(index).thread:
        text = READY
    if index >= reel.last and thread in reel.stuck:
        text = f"{reel.stuck[thread]}: {text}"
    return text


def _waits(thread: str, stands: Standing, held: dict[str, str]) -> str:
    until = f" until {seconds(stands.until)}" if stands.until else ""
    if stands.doing != WAITING:
        return f"{stands.doing}{until}"
    if not stands.lock:
        return f"waits in {stands.why}{until}" if stands.why else f"waits{until}"
    holder = held.get(stands.lock, "")
    if holder == thread:  # it has taken that lock itself, for another thread to release: a signal
        return f"waits to be woken ({stands.lock}){until}"
    by = f", held by {holder}" if holder else ""
    return f"waits for {stands.lock}{by}{until}"


def _code(reel: Reel, thread: str, index: int) -> str:
    stands = reel.standing(thread, index)
    if stands is None or not stands.line or stands.doing == ENDED:
        return ""
    text = stands.text.partition("  #")[0].strip()
    return f"{'' if stands.file == reel.own else 'test:'}{stands.line}  {text}"


def _style(reel: Reel, thread: str, index: int) -> str:
    stands = reel.standing(thread, index)
    if stands is None or stands.doing == ENDED:
        return DIM
    if index >= reel.last:
        return BAD if thread in reel.stuck else DIM
    if reel.beat(index).kind in (PREEMPT, STALL) and thread == reel.beat(index).thread:
        return WARN
    return STRONG if thread == reel.beat(index).thread else ""


def _mark(reel: Reel, thread: str, index: int) -> str:
    return ">" if index < reel.last and thread == reel.beat(index).thread else " "


def _side_by_side(reel: Reel, index: int, page: Page) -> Lines:
    width = (page.width + _GAP) // len(reel.threads)
    room = width - _GAP
    found = [Text(end="") for _ in range(COLUMN_ROWS)]
    for number, thread in enumerate(reel.threads):
        style = _style(reel, thread, index)
        parts = page.wrap(doing(reel, thread, index), room - 2, COLUMN_ROWS - 2)
        cells = [(f"{_mark(reel, thread, index)} {page.cut_left(thread, room - 2)}", style)]
        cells += [(f"  {part}", style) for part in parts]
        cells += [("", "")] * (COLUMN_ROWS - 1 - len(cells))
        cells.append((f"  {page.cut(_code(reel, thread, index), room - 2)}", DIM if style == DIM else ""))
        for row, (text, look) in zip(found, cells, strict=True):
            row.append(" " * (number * width - row.cell_len)).append(text, look)
    return found


def _listed(reel: Reel, index: int, page: Page, rows: int) -> Lines:
    shown = _important(reel, index, rows)
    names = min(_LONGEST_NAME, page.width // 4, max(cell_len(page.clean(each)) for each in reel.threads))
    lead = names + 2 + _GAP
    # What a thread does tells more than its line, which the source window shows anyway.
    code_at = lead + (page.width - lead) * 3 // 5 if page.width >= _NARROWEST_WITH_CODE else page.width
    found = []
    for thread in shown:
        style = _style(reel, thread, index)
        name = page.cut_left(thread, names)
        row = line((f"{_mark(reel, thread, index)} {name}", style), " " * (names - cell_len(name) + _GAP))
        row.append(
            page.cut(doing(reel, thread, index), code_at - lead - (_GAP if code_at < page.width else 0)),
            style,
        )
        if code_at < page.width and (text := _code(reel, thread, index)):
            row.append(" " * (code_at - row.cell_len) + page.cut(text, page.width - code_at))
        found.append(row)
    left = len(reel.threads) - len(shown)
    if left:
        found.append(line((f"  and {left} more", DIM)))
    return found


def _important(reel: Reel, index: int, rows: int) -> list[str]:
    """The threads for which there is room; those that did something last come first."""
    if len(reel.threads) <= rows:
        return list(reel.threads)

    def rank(thread: str) -> tuple[bool, int]:
        stands, last = reel.standing(thread, index), reel.latest(thread, index)
        return (stands is None or stands.doing == ENDED, -last.first if last is not None else 0)

    kept = set(sorted(reel.threads, key=rank)[: max(1, rows - 1)])
    return [thread for thread in reel.threads if thread in kept]
