"""Compares the explorer with the other tools on katas: which mutants each finds, and the rate on the solution.

The subjects are those of ``kata_subjects.py``. A mutant counts for the first driver under which our explorer
finds it; with ``--every`` all mutants are given to all tools. Writes ``results_shared.md``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

from benchmarks.explorer.child import Child
from benchmarks.explorer.comparison import HOW
from benchmarks.explorer.kata_subjects import KATAS
from benchmarks.explorer.rates import OTHERS, OURS, PATIENCE, Rate, cells, rates, summary
from benchmarks.explorer.report import publish, table, versions
from benchmarks.explorer.subject import Subject, mutants_of, version
from benchmarks.explorer.subjects import BY_NAME
from benchmarks.explorer.tools import MODES, ours
from benchmarks.machine import machine

Cell = tuple[str, str]  # driver and mutant
SEED = 0


def ours_finds(cell: Cell, limit: int) -> bool:
    """Whether our explorer finds a mutant under a driver."""
    subject = BY_NAME[cell[0]]
    with version(subject, cell[1]) as program:
        return ours(subject, program, MODES[OURS][0])(limit, SEED).failed


def candidates(drivers: Sequence[Subject], limit: int, processes: int, every: bool) -> list[Cell]:
    """The cells to be measured: each mutant under one driver, or under all of them."""
    all_cells = [(driver.name, mutant) for driver in drivers for mutant in mutants_of(driver.kata)]
    if every:
        return all_cells
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(ours_finds, all_cells, [limit] * len(all_cells), chunksize=20))
    chosen: dict[Cell, Cell] = {}
    for (driver, mutant), hit in zip(all_cells, found, strict=True):
        if hit:
            chosen.setdefault((BY_NAME[driver].kata, mutant), (driver, mutant))
    return list(chosen.values())


def search(cell: Cell, tool: str, limit: int, seconds: float) -> dict[str, Any]:
    """The first failure that the quickest mode of a tool finds, or the last answer of those that find none."""
    answers = []
    for mode in MODES[tool]:
        with Child(tool, mode, *cell) as child:
            answer = child.ask("ready", PATIENCE) or child.ask(f"first {SEED} {limit}", seconds)
        answers.append({**answer, "mode": mode})
    found = [each for each in answers if each.get("found")]
    return min(found, key=lambda each: each["seconds"]) if found else answers[-1]


def search_cell(answer: dict[str, Any], tool: str) -> str:
    if "reason" in answer:
        return "n/a"
    if answer.get("found"):
        text = f"{1_000 * answer['seconds']:,.0f} ms / {answer['schedules']}"
        return text + ("" if tool == OURS else f" {answer['mode']}")
    return "-" if "gave_up" not in answer else "- (time)"


def counted(cells_of: dict[Cell, dict[str, dict[str, Any]]], drivers: Sequence[Subject]) -> list[list[str]]:
    """How many mutants each tool finds under each driver."""
    rows = []
    for name in [driver.name for driver in drivers] + [""]:
        answers = [found for (driver, _), found in cells_of.items() if name in ("", driver)]
        numbers = []
        for tool in MODES:
            able = [found[tool] for found in answers if "reason" not in found[tool]]
            hits = sum(bool(each.get("found")) for each in able)
            numbers.append(f"{hits} of {len(able)}" if able or not answers else "n/a")
        if answers:
            rows.append([name or "**all**", *numbers])
    return rows


def both(cells_of: dict[Cell, dict[str, dict[str, Any]]]) -> list[str]:
    """How many each tool finds of those that it can run at all."""
    lines = []
    for tool in OTHERS:
        able = [found for found in cells_of.values() if "reason" not in found[tool]]
        mine = sum(bool(found[OURS].get("found")) for found in able)
        theirs = sum(bool(found[tool].get("found")) for found in able)
        lines.append(f"- Of {len(able)} mutants that {tool} can run it finds {theirs}, ours {mine}.")
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorer shared", description=__doc__)
    parser.add_argument("drivers", nargs="*", metavar="SUBJECT", help="default: all of kata_subjects.py")
    parser.add_argument("--limit", type=int, default=400, help="schedules for each mutant (default 400)")
    parser.add_argument(
        "--cell", type=float, default=5.0, help="seconds for each mutant and mode (default 5)"
    )
    parser.add_argument("--slices", type=int, default=5, help="turns of each tool for the rate (default 5)")
    parser.add_argument("--seconds", type=float, default=0.25, help="length of a turn (default 0.25)")
    parser.add_argument(
        "--processes", type=int, default=2, help="for the mutants; rates take one (default 2)"
    )
    parser.add_argument("--every", action="store_true", help="also the mutants that ours does not find")
    options = parser.parse_args(arguments)
    about = machine()
    drivers = [BY_NAME[name] for name in options.drivers] or list(KATAS)
    measured: dict[str, dict[str, Rate]] = {}
    for driver in drivers:
        measured[driver.name] = rates(driver.name, options.slices, options.seconds)
        print(driver.name, cells(measured[driver.name]), file=sys.stderr)
    wanted = candidates(drivers, options.limit, options.processes, options.every)
    print(f"{len(wanted)} mutants", file=sys.stderr)

    def search_all(cell: Cell) -> dict[str, dict[str, Any]]:
        found = {
            # Whoever finds something wrong with the solution would "find" every mutant.
            tool: {"reason": "alarm on the solution"}
            if measured[cell[0]][tool].alarms
            else search(cell, tool, options.limit, options.cell)
            for tool in MODES
        }
        print(*cell, *(search_cell(found[tool], tool) for tool in MODES), sep=" | ", file=sys.stderr)
        return found

    with ThreadPoolExecutor(options.processes) as pool:
        cells_of = dict(zip(wanted, pool.map(search_all, wanted), strict=True))
    command = (
        f"python -m benchmarks.explorer shared --limit {options.limit} --cell {options.cell:g}"
        f" --slices {options.slices} --seconds {options.seconds:g} --processes {options.processes}"
        + (" --every" if options.every else "")
    )
    lines = [
        "# The explorer against other tools on the katas",
        "",
        f"- command: `{command}`; {about}",
        f"- {versions('greenlet', 'interleave-test', 'frontrun')}",
        HOW,
        "- A subject is a kata with a small driver, see `kata_subjects.py`.",
        "",
        "## Schedules per second on the solution",
        "",
        f"Wall time, median of {options.slices} slices of {options.seconds:g} s, the tools by turns; in brackets how "
        "many times faster ours is.",
        "",
        *table(["subject", *(f"{tool}/s" for tool in MODES)], [[n, *cells(f)] for n, f in measured.items()]),
        "",
        *summary(measured),
        "",
        "## Mutants found",
        "",
        ("All mutants of each kata" if options.every else "Of the mutants that ours finds under the driver")
        + f": found within {options.limit} schedules, and {options.cell:g} s for each mode of a tool, by one seed"
        f" ({SEED}).",
        "",
        *table(["subject", *MODES], counted(cells_of, drivers)),
        "",
        *both(cells_of),
        "",
        "## Time and schedules to the first failure",
        "",
        "`-`: not found within the schedules; `- (time)`: not within the time.",
        "",
        *table(
            ["mutant", *MODES],
            [
                [f"{driver}: {mutant}", *(search_cell(found[tool], tool) for tool in MODES)]
                for (driver, mutant), found in cells_of.items()
            ],
        ),
    ]
    if options.drivers:
        print("\n".join(lines))
    else:
        publish("results_shared.md", lines)


if __name__ == "__main__":
    main()
