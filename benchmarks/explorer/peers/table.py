"""Renders the measurements as Markdown."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from importlib.metadata import version
from os import cpu_count, getloadavg
from statistics import geometric_mean, median

from benchmarks.explorer.peers.cell import TOOLS
from benchmarks.explorer.peers.sweep import FIRST_SECONDS, RATE_SECONDS, ROUNDS, SEEDS, Cell, Table

OURS = "ours"
PEERS = ("interleave", "frontrun")
AIMS = {"interleave": 10, "frontrun": 100}
PACKAGES = ("interleave-test", "frontrun", "greenlet", "hypothesis")


def render(table: Table, memory: list[tuple[int, int]], command: str) -> str:
    """The whole report."""
    notes = _Notes()
    rates = _grid(table, lambda cell: f"{cell.rate:,.0f}" if cell.rate else "n/a", rate_ratio, notes, "rate")
    firsts = _grid(table, _first, first_ratio, notes, "first")
    parts = [
        "# Explorer benchmark",
        f"`{command}`",
        f"{_machine()}\n\n{METHOD}",
        "## Schedules per second (corrected programs; more is better)",
        rates,
        "## Time to first failure in ms, and schedules executed (buggy programs; less is better)",
        firsts,
        "## Ratios",
        _summary(table),
        "## Notes",
        notes.text(),
        "## Memory of ours (`submit_against_stop_inside`, corrected)",
        "\n".join(
            ["| schedules | resident MiB |", "|--:|--:|", *[f"| {n:,} | {k / 1024:.1f} |" for n, k in memory]]
        ),
    ]
    return "\n\n".join(parts) + "\n"


METHOD = f"""\
One schedule is one complete execution of the program, with the smallest workload known to fail. Rate: median of
{ROUNDS} rounds of {RATE_SECONDS:g} s, the tools in turn within each round, each measurement in a new process.
First failure: median of {SEEDS} seeds, at most {FIRST_SECONDS:g} s each; ours includes building its simulated world.
Imports do not count. Each peer runs in its two main modes, and every ratio is against the better of the two.
`interleave-test` runs the same scenarios as ours and interleaves only the program's file, as ours does; its
`time.sleep` moves no clock, so a sleep is a timed wait. `frontrun` runs under its own command line, with a virtual
clock (an explored one for the two time-out subjects), without replays of the failure and without input/output
detection. DPOR executes one schedule for each class of equivalent ones: one of its schedules says more than one
of ours, so judge it by the time to the first failure."""


def _machine() -> str:
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    build = f"{platform.python_implementation()} {platform.python_version()}"
    load = f"shared with other work, load average {getloadavg()[1]:.1f}"
    return f"{cpu_count()} cores ({platform.machine()}; {load}), {build}, {versions}."


def best(
    row: dict[str, Cell],
    peer: str,
    value: Callable[[Cell], float | None],
    prefer: Callable[..., float | None],
) -> float | None:
    """The better of a peer's modes."""
    values = [value(cell) for tool, cell in row.items() if tool.startswith(peer)]
    return prefer((each for each in values if each is not None), default=None)


def rate_ratio(row: dict[str, Cell], peer: str) -> float | None:
    """How many times as many schedules per second ours executes."""
    ours, theirs = row[OURS].rate, best(row, peer, lambda cell: cell.rate, max)
    return ours / theirs if ours and theirs else None


def first_ratio(row: dict[str, Cell], peer: str) -> float | None:
    """How many times as long the peer takes to its first failure."""
    ours, theirs = row[OURS].first, best(row, peer, lambda cell: cell.first, min)
    return theirs / ours if ours and theirs else None


def _first(cell: Cell) -> str:
    if cell.first is None:
        return "not found" if cell.missed else "n/a"
    return f"{cell.first * 1000:,.1f} ({cell.depth:,.0f})"


def _grid(
    table: Table,
    show: Callable[[Cell], str],
    ratio: Callable[[dict[str, Cell], str], float | None],
    notes: _Notes,
    topic: str,
) -> str:
    lines = [_line(["subject", *TOOLS, *[f"ratio {peer}" for peer in PEERS]])]
    lines.append(_line(["---", *["--:"] * (len(TOOLS) + len(PEERS))]))
    for subject, row in table.items():
        cells = [show(cell) + notes.marks(cell, topic) for cell in row.values()]
        lines.append(_line([subject, *cells, *[_times(ratio(row, peer)) for peer in PEERS]]))
    return "\n".join(lines)


def _summary(table: Table) -> str:
    lines = [_line(["ours against", "median", "geometric mean", "least", "most", "aim (rate)", "reached on"])]
    lines.append(_line(["---", *["--:"] * 6]))
    for peer in PEERS:
        rates = [ratio for row in table.values() if (ratio := rate_ratio(row, peer))]
        firsts = [ratio for row in table.values() if (ratio := first_ratio(row, peer))]
        aim = AIMS[peer]
        reached = f"{sum(ratio >= aim for ratio in rates)} of {len(table)}"
        lines.append(_line([f"{peer}, rate", *_spread(rates), f"{aim} ×", reached]))
        sooner = f"sooner on {sum(ratio > 1 for ratio in firsts)} of {len(firsts)} that both find"
        lines.append(_line([f"{peer}, first failure", *_spread(firsts), "", sooner]))
    return "\n".join(lines)


def _spread(ratios: list[float]) -> list[str]:
    if not ratios:
        return ["n/a"] * 4
    return [_times(each) for each in (median(ratios), geometric_mean(ratios), min(ratios), max(ratios))]


def _times(ratio: float | None) -> str:
    return "n/a" if ratio is None else f"{ratio:.1f} ×"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


class _Notes:
    """Footnotes, numbered as they come up."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def marks(self, cell: Cell, topic: str) -> str:
        """References to a cell's notes; remarks on the first failure belong to that table only."""
        mine = [text for text in cell.notes if text.startswith("first failure") == (topic == "first")]
        return "".join(f" [{self._number(text)}]" for text in mine)

    def _number(self, text: str) -> int:
        if text not in self._texts:
            self._texts.append(text)
        return self._texts.index(text) + 1

    def text(self) -> str:
        """All of them, and what holds without a measurement."""
        numbered = [f"- [{number}] {text}" for number, text in enumerate(self._texts, 1)]
        return "\n".join([*numbered, *STANDING])


STANDING = (
    "- `lost_at_timeout` needs a thread to stand still while time passes. `interleave-test` lets a time-out expire "
    "only when no thread can run, so it cannot express that: the bug is out of its reach, not unlucky.",
    "- `submit_against_stop_inside`: `frontrun` controls the workers given to it, not a thread that the program "
    "starts itself; that one runs freely under its locks and queues, so its schedules there are not deterministic.",
    "- `half_open` for `frontrun` has `reset_after=0`, since there is no main thread that could sleep 5 s.",
)
