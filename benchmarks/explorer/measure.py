"""Measures one tool in one mode on one subject, in a process of its own; prints one line of JSON."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from typing import Any

from benchmarks.explorer.subjects import BY_NAME
from benchmarks.explorer.tools import TOOLS, Explore, Inexpressible

LIMIT = 2_000  # schedules before a search for a failure is given up
CHUNK = 200  # schedules an exploration of a correct program may take, again and again until the time is up


def rate(explore: Explore, seconds: float) -> dict[str, Any]:
    """Schedules per second on the corrected program, where no failure ends the exploration."""
    explore(20, 0)  # whatever happens once
    schedules, seed, alarms = 0, 1, 0
    began, cpu = time.perf_counter(), time.process_time()
    while (elapsed := time.perf_counter() - began) < seconds:
        found = explore(CHUNK, seed)
        schedules += found.schedules
        alarms += found.failed
        seed += 1
    return {"schedules": schedules, "seconds": elapsed, "cpu": time.process_time() - cpu, "alarms": alarms}


def time_to_failure(tool: str, mode: str, subject: str, seeds: int, seconds: float) -> dict[str, Any]:
    """Seconds and schedules until the first failure of the buggy program, for several seeds."""
    found: list[tuple[float, int]] = []
    missed = 0
    began = time.perf_counter()
    for seed in range(seeds):
        start = time.perf_counter()
        result = TOOLS[tool](BY_NAME[subject], "buggy", mode)(LIMIT, seed)
        if result.failed:
            found.append((time.perf_counter() - start, result.schedules))
        else:
            missed += 1
        if time.perf_counter() - began > seconds:
            break
    return {"found": found, "missed": missed}


def main() -> None:
    tool, mode, subject, seeds, seconds = sys.argv[1:]
    answer: dict[str, Any]
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # the tools narrate
            explore = TOOLS[tool](BY_NAME[subject], "fixed", mode)
            answer = {"rate": rate(explore, float(seconds))}
            print_now(answer)
            answer = {"first": time_to_failure(tool, mode, subject, int(seeds), 4 * float(seconds))}
    except Inexpressible as reason:
        answer = {"reason": str(reason)}
    print_now(answer)


def print_now(answer: dict[str, Any]) -> None:
    """Print to the real output, so that what is known survives a hang later on."""
    print(json.dumps(answer), file=sys.__stdout__, flush=True)


if __name__ == "__main__":
    main()
