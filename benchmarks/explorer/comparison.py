"""Compares the explorer with the other tools on the classics: rate, and time to the first failure.

Prints a Markdown table and writes it to ``results.md``. Each measurement has a process of its own, one at a
time; of the modes of a tool the better one counts, in each column.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.explorer.child import Child
from benchmarks.explorer.classics import CLASSICS
from benchmarks.explorer.rates import OTHERS, OURS, PATIENCE, cells, rates, summary
from benchmarks.explorer.report import publish, table, versions
from benchmarks.explorer.subject import BUGGY
from benchmarks.explorer.tools import MODES
from benchmarks.machine import machine

LIMIT = 2_000  # schedules before a search for a failure is given up
LONGEST = 4.0  # seconds after which no further seed is tried

HOW = (
    "- ours: `dojo.checking.explore`; interleave-test: `random` or `pct`, opcode granularity, the subject's file "
    "alone traced; frontrun: `dpor` or `random` under its CLI, virtual clock. Of a tool's modes the better one "
    "counts, in each column."
)


def firsts(tool: str, mode: str, subject: str, seeds: int) -> list[dict[str, Any]]:
    """The answers for several seeds, as many as there is time for."""
    answers = []
    began = time.monotonic()
    with Child(tool, mode, subject, BUGGY) as child:
        if child.ask("ready", PATIENCE):
            return []  # it cannot run the subject: the rates say why
        for seed in range(seeds):
            answers.append(child.ask(f"first {seed} {LIMIT}", PATIENCE))
            if time.monotonic() - began > LONGEST:
                break
    return answers


def first_cell(tool: str, subject: str, seeds: int) -> str:
    """The shortest median time to a failure that any mode of a tool has."""
    found = []
    tried = False
    for mode in MODES[tool]:
        answers = firsts(tool, mode, subject, seeds)
        hits = [each for each in answers if each.get("found")]
        tried = tried or bool(answers)
        if 2 * len(hits) > len(answers):
            seconds = statistics.median(each["seconds"] for each in hits)
            found.append((seconds, statistics.median(each["schedules"] for each in hits), mode))
    if not found:
        return "not found" if tried else "n/a"
    seconds, schedules, mode = min(found)
    return f"{1_000 * seconds:.0f} ms / {schedules:g}" + ("" if tool == OURS else f" {mode}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorer comparison", description=__doc__)
    parser.add_argument("--slices", type=int, default=7, help="turns of each tool (default 7)")
    parser.add_argument("--seconds", type=float, default=0.25, help="length of a turn (default 0.25)")
    parser.add_argument("--seeds", type=int, default=5, help="searches for a failure (default 5)")
    options = parser.parse_args(arguments)
    about = machine()
    measured, rows = {}, []
    for subject in CLASSICS:
        measured[subject.name] = rates(subject.name, options.slices, options.seconds)
        failures = [first_cell(tool, subject.name, options.seeds) for tool in MODES]
        rows.append([subject.name, *cells(measured[subject.name]), *failures])
        print(rows[-1], file=sys.stderr)
    columns = ["subject", *(f"{tool}/s" for tool in MODES), f"{OURS}: first failure", *OTHERS]
    publish(
        "results.md",
        [
            "# The explorer against other tools",
            "",
            f"- command: `python -m benchmarks.explorer`; {about}",
            f"- {versions('greenlet', 'interleave-test', 'frontrun')}",
            HOW,
            f"- Schedules per second of wall time, on the corrected program: median of {options.slices} slices of "
            f"{options.seconds:g} s, the tools by turns; in brackets how many times faster ours is.",
            f"- First failure: median over {options.seeds} seeds of time and schedules until the buggy program "
            "fails, compiling included, shrinking and reproducing left out; at most "
            f"{LIMIT:,} schedules a seed; *not found* when most seeds missed it.",
            "- frontrun's `dpor` skips schedules that it takes for equivalent, so that it needs fewer of them.",
            "",
            *table(columns, rows),
            "",
            *summary(measured),
        ],
    )


if __name__ == "__main__":
    main()
