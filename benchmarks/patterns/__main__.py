"""Compares the reference solutions with their peers: ``python -m benchmarks.patterns [KATA ...]``.

Prints a Markdown report and, when nothing is left out, writes it to ``results.md``. pyperf and pytest-benchmark
were considered: both finish one subject before they begin with the next, and neither has threads or tails. What
``grader.py bench`` uses takes turns instead.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.machine import machine
from dojo.grading.catalogue import Kata, load
from dojo.grading.measuring.bench import ROUNDS, SECONDS, Bench, Cell, Subject, bench
from dojo.grading.measuring.peers import PROMISES, Peer, Peers, peers_of
from dojo.grading.measuring.stopwatch_process import Source

THREADS = (1, 8)
AIM = 1.0


def subjects(kata: Kata, peers: list[Peer]) -> list[Subject]:
    """The reference first, then its peers."""
    reference = Source(kata.solution.read_text("utf-8"), kata.solution.name)
    return [Subject("reference", reference), *(Subject(peer.name, peer.source) for peer in peers)]


def rows(kata: Kata, found: Bench, names: list[str]) -> list[str]:
    """A row for each peer, or one for the reference alone."""
    lines = []
    for place, name in enumerate(names):
        if place == 0 and len(names) > 1:
            continue
        cells = [f"{kata.name} | {name if place else '-'}"]
        for cell in found.values():
            cells.append(_pair(cell[0], cell[place], place, "rate"))
        for cell in found.values():
            cells.append(_pair(cell[0], cell[place], place, "tail"))
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _pair(ours: Cell, theirs: Cell, place: int, what: str) -> str:
    problem = ours.problem or theirs.problem
    if problem is not None:
        return problem.problem
    show = _rate if what == "rate" else _time
    mine = show(getattr(ours, what))
    if not place:
        return mine
    ratio = ours.speed_against(theirs) if what == "rate" else ours.tail_against(theirs)
    bold = "**" if ratio < AIM else ""
    return f"{mine} / {show(getattr(theirs, what))} {bold}{ratio:.2f}x{bold}"


def _rate(rate: float) -> str:
    return f"{rate / 1000:,.3g}k" if rate < 1_000_000 else f"{rate / 1_000_000:.3g}M"


def _time(nanoseconds: float) -> str:
    return f"{nanoseconds / 1000:,.3g} us" if nanoseconds < 1_000_000 else f"{nanoseconds / 1_000_000:.3g} ms"


@contextmanager
def one_cpu() -> Iterator[None]:
    """Keep this process and those it starts to one CPU, where locks form no convoys, for the length of a block."""
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cpus)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cpus)


def without_convoys(kata: Kata, measured: list[Subject], found: Bench) -> Bench:
    """Crowds in which a peer is better, measured again on one CPU; nothing where that cannot be asked for."""
    crowds = [
        threads
        for threads, (ours, *others) in found.items()
        if threads > 1 and any(0 < ratio < AIM for peer in others for ratio in _against(ours, peer).values())
    ]
    if not crowds or not hasattr(os, "sched_setaffinity"):
        return {}
    with one_cpu():
        return bench(kata, measured, crowds)


def _against(ours: Cell, theirs: Cell) -> dict[str, float]:
    return {"op/s": ours.speed_against(theirs), "p99": ours.tail_against(theirs)}


def below(kata: Kata, found: Bench, alone: Bench, peers: list[Peer]) -> list[str]:
    """The cells under the aim, in words, a line for each peer, with the reason."""
    lines = []
    for place, peer in enumerate(peers, 1):
        low = []
        for threads, cells in found.items():
            crowd = "1 thread" if threads == 1 else f"{threads} threads"
            again = _against(alone[threads][0], alone[threads][place]) if threads in alone else {}
            for what, ratio in _against(cells[0], cells[place]).items():
                if 0 < ratio < AIM:
                    on_one = f", on one CPU {again[what]:.2f}x" if what in again else ""
                    low.append(f"{what} {crowd} {ratio:.2f}x{on_one}")
        if low:
            reason = peer.faster or "not known; by little it may be chance, as another run will tell"
            lines.append(f"- {kata.name} against {peer.name} ({'; '.join(low)}): {reason}.")
    return lines


def failures(kata: Kata, found: Bench, names: list[str]) -> list[str]:
    """What could not be measured, and why."""
    return [
        f"- {kata.name}, {name}, {threads} threads: {cell.problem.problem}: {cell.problem.detail}"
        for threads, cells in found.items()
        for name, cell in zip(names, cells, strict=True)
        if cell.problem is not None
    ]


def promises(katas: list[Kata]) -> list[str]:
    """The table of what each promises, side by side."""
    lines = [
        "| kata | who | " + " | ".join(PROMISES) + " | what it leaves out |",
        "|---|---|" + "---|" * (len(PROMISES) + 1),
    ]
    for kata in katas:
        peers = peers_of(kata)
        lines.append(f"| {kata.name} | reference | {' | '.join(peers.promises)} | {_no_peer(peers)} |")
        for peer in peers.peers:
            lines.append(f"| | {peer.name} | {' | '.join(peer.promises)} | {peer.less} |")
    return lines


def _no_peer(peers: Peers) -> str:
    return f"(no peer: {peers.none})" if peers.none else ""


def report(katas: list[Kata]) -> str:
    """Measure everything and put it into Markdown."""
    about = machine()
    table, low, failed, missing, versions = [], [], [], [], {}
    for kata in katas:
        peers = peers_of(kata)
        versions.update({peer.package: peer.version for peer in peers.peers if peer.package})
        missing += [
            f"- not installed: {peer.package}, for {kata.name}"
            for peer in peers.peers
            if peer.version is None
        ]
        there = [peer for peer in peers.peers if peer.version is not None]
        measured = subjects(kata, there)
        found = bench(kata, measured, THREADS)
        names = [subject.name for subject in measured]
        table += rows(kata, found, names)
        low += below(kata, found, without_convoys(kata, measured, found), there)
        failed += failures(kata, found, names)
        print("\n".join(rows(kata, found, names)), file=sys.stderr)
    crowds = ["1 thread" if threads == 1 else f"{threads} threads" for threads in THREADS]
    heads = [f"{what}, {crowd}" for what in ("op/s", "p99") for crowd in crowds]
    return "\n".join(
        [
            "# The reference solutions against their peers",
            "",
            f"- command: `uv run --group benchmarks python -m benchmarks.patterns`; {about}",
            f"- CPython {platform.python_version()}; "
            + ", ".join(f"{name} {found}" for name, found in sorted(versions.items()) if found),
            f"- In each cell: the reference / the peer, and how many times better the reference is; above 1 is better "
            f"in all columns, **below {AIM:g}** is in bold. Medians of {ROUNDS} rounds of {SECONDS:g} s each, taken in "
            "turns, every subject in a process of its own; the ratio is the median of the rounds' ratios.",
            "- op/s: what `run` of the kata's workload does in this folder. p99: what 99 of 100 single calls stay "
            "within, taken in runs of their own, of `round_trips` where the workload has it.",
            *missing,
            "",
            "| kata | peer | " + " | ".join(heads) + " |",
            "|---|---|" + "--:|" * len(heads),
            *table,
            "",
            "## Below the aim",
            "",
            "One CPU: a run of its own on a single one, where locks form no convoys (see the README).",
            "",
            *(low or ["None."]),
            "",
            *(["## What failed", "", *failed, ""] if failed else []),
            "## What each promises",
            "",
            *promises(katas),
            "",
        ]
    )


if __name__ == "__main__":
    chosen = [kata for kata in load() if not sys.argv[1:] or kata.name in sys.argv[1:]]
    text = report(chosen)
    print(text)
    if not sys.argv[1:]:
        (Path(__file__).parent / "results.md").write_text(text, "utf-8")
