"""What a bench has measured: one's own code beside the reference and its peers, as tables and as bars.

Each table has a row for each subject and a column for each number of threads; a second figure in a cell says how
many times better one's own code is than that subject.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from dojo.grading.measuring.bench import ROUNDS, SECONDS, Bench, Cell
from dojo.grading.measuring.peers import GROUP, PROMISES, Peer, Peers
from dojo.reports.page import DIM, STRONG, WARN, Lines, Page, count, line

_INDENT = 2
_VALUE, _RATIO = 7, 7  # columns: "1.23 ms", " 12.3x"
_GAP = 2
_NARROWEST = 14  # columns for a name
_ABOUT = (
    f"Medians of {ROUNDS} rounds of {SECONDS:g} s each on this machine, taken in turns. 0.50x: yours is half as "
    "good as that one; above 1 it is better, in both tables. p99: 99 of 100 single calls took no longer. Another "
    "run gives other figures, and none of them is part of any verdict."
)


class _Figure(NamedTuple):
    """What a table is about: its head, a cell of it, and how many times better the first cell is than another."""

    title: str
    show: Callable[[Cell], str]
    against: Callable[[Cell, Cell], float]


def benched(names: Sequence[str], found: Bench, peers: Peers, solved: bool, page: Page) -> Lines:
    """The report.

    Args:
        names: of the subjects, one's own first.
        found: what was measured of them.
        peers: all that there are, also those that are not installed.
        solved: whether one's own code has passed.
        page: where to.
    """
    lines = [line((_RATE.title, STRONG)), *_table(names, found, page, _RATE)]
    lines += [line(""), line((_TAIL.title, STRONG)), *_table(names, found, page, _TAIL)]
    lines += [line(""), line(("Throughput against threads", STRONG)), *_bars(names, found, page), line("")]
    for place, name in enumerate(names):
        problem = next((cells[place].problem for cells in found.values() if cells[place].problem), None)
        if problem is not None:
            detail = f"{problem.problem}: {problem.detail}" if problem.detail else problem.problem
            lines += page.paragraph(detail, _INDENT, label=f"{name}: ", style=WARN, most=6)
    lines += _promises(peers, page)
    if not solved:
        text = "Your code has not passed (yet): what it costs says little so far."
        lines += page.paragraph(text, _INDENT, style=WARN)
    return lines + page.paragraph(_ABOUT, _INDENT, style=DIM)


def _promises(peers: Peers, page: Page) -> Lines:
    """What each peer does without, and how to get those that are not there."""
    if peers.none:
        return page.paragraph(f"{peers.none}.", _INDENT, label="no peer: ", style=DIM)
    lines: Lines = []
    for peer in peers.peers:
        lines += page.paragraph(lacks(peer, peers), _INDENT, label=f"{peer.name}: ", style=DIM)
    missing = [peer.package for peer in peers.peers if peer.version is None]
    if missing:
        command = f"uv run --group {GROUP} {page.workspace.program.removeprefix('uv run ')} bench ..."
        lines += page.paragraph(
            ", ".join(dict.fromkeys(missing)), _INDENT, label="not installed: ", style=WARN
        )
        lines += page.paragraph(command, _INDENT, label="with them: ")
    return lines


def lacks(peer: Peer, peers: Peers) -> str:
    """What of the kata's promises a peer does not keep, in words."""
    told = [
        name if word == "no" else f"{name} ({word})"
        for name, own, word in zip(PROMISES, peers.promises, peer.promises, strict=True)
        if own == "yes" and word != "yes"
    ]
    without = f"without {', '.join(told)}: " if told else ""
    return f"{without}{peer.less}."


def _table(names: Sequence[str], found: Bench, page: Page, figure: _Figure) -> Lines:
    """A row a subject; where the page is too narrow, the numbers of threads below each other."""
    width = _GAP + _VALUE + _RATIO
    room = page.width - _INDENT - width * len(found)
    if room < _NARROWEST:
        return _stacked(names, found, page, figure)
    heads = "".join(f"{count(threads, 'thread'):>{_GAP + _VALUE}}{'':{_RATIO}}" for threads in found)
    lines = [line((" " * (_INDENT + room) + heads.rstrip(), DIM))]
    for place, name in enumerate(names):
        cells = "".join(
            f"{_value(each[place], figure):>{_GAP + _VALUE}}{_ratio(each, place, figure):>{_RATIO}}"
            for each in found.values()
        )
        *more, last = page.wrap(name, room)
        lines += [line(" " * _INDENT + part) for part in more]
        lines.append(line(" " * _INDENT + last + " " * (room - cell_len(last)) + cells.rstrip()))
    return lines


def _stacked(names: Sequence[str], found: Bench, page: Page, figure: _Figure) -> Lines:
    lines: Lines = []
    for place, name in enumerate(names):
        lines += page.paragraph(name, _INDENT)
        for threads, each in found.items():
            text = f"{_value(each[place], figure):>{_VALUE}}{_ratio(each, place, figure):>{_RATIO}}"
            lines.append(line(f"{'':{2 * _INDENT}}{count(threads, 'thread'):<10}{text}"))
    return lines


def _value(cell: Cell, figure: _Figure) -> str:
    return "failed" if cell.problem else figure.show(cell)


def _ratio(cells: Sequence[Cell], place: int, figure: _Figure) -> str:
    found = figure.against(cells[0], cells[place]) if place else 0.0
    return f"{three(found)}x" if found else ""


def _bars(names: Sequence[str], found: Bench, page: Page) -> Lines:
    """Bars as long as the throughput, by the number of threads: plain characters, for every terminal."""
    most = max((cell.rate for cells in found.values() for cell in cells), default=0.0)
    label = min(max(map(cell_len, names)), page.width // 3)
    room = page.width - 2 * _INDENT - label - 1 - _VALUE - 1
    lines: Lines = []
    for threads, cells in found.items():
        lines.append(line((f"{'':{_INDENT}}{count(threads, 'thread')}", DIM)))
        for name, cell in zip(names, cells, strict=True):
            text = page.cut(name, label)
            bar = "#" * max(1, round(cell.rate / most * room)) if cell.rate else ""
            value = "failed" if cell.problem else rate(cell.rate)
            start = " " * (2 * _INDENT) + text + " " * (label - cell_len(text) + 1)
            lines.append(line(start, (bar, STRONG if name == names[0] else DIM), f" {value}"))
    return lines


def rate(value: float) -> str:
    """Operations per second in three digits: ``358k``."""
    if value >= 1e6:
        return f"{three(value / 1e6)}M"
    return f"{three(value / 1e3)}k" if value >= 1e3 else three(value)


def span(nanoseconds: float) -> str:
    """A time in three digits: ``1.23 us``."""
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if nanoseconds >= size:
            return f"{three(nanoseconds / size)} {unit}"
    return f"{nanoseconds:.0f} ns"


def three(value: float) -> str:
    """Three digits: the others are noise."""
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:,.0f}"


_RATE = _Figure("Operations/s", lambda cell: rate(cell.rate), Cell.speed_against)
_TAIL = _Figure("p99 of a single call", lambda cell: span(cell.tail), Cell.tail_against)
