"""Measurements in a process of their own: arguments TOOL SUBJECT rate|first SEED[,SEED...] SECONDS."""

from __future__ import annotations

import importlib
import json
import os
import sys
from time import perf_counter

from benchmarks.explorer.peers.search import Tool, Undecided

TOOLS = {
    "ours": ("ours", "OURS"),
    "interleave random": ("interleave_peer", "RANDOM"),
    "interleave pct": ("interleave_peer", "PCT"),
    "frontrun dpor": ("frontrun_peer", "DPOR"),
    "frontrun random": ("frontrun_peer", "RANDOM"),
}


def measure(tool: Tool, subject: str, what: str, seed: int, seconds: float) -> dict[str, object]:
    """Search the corrected twin for the rate, or the bug for the time to the first failure."""
    begun = perf_counter()
    try:
        found = tool(subject, "fixed" if what == "rate" else "buggy", seed, seconds)
    except Undecided as reason:
        return {"undecided": str(reason)}
    return {"schedules": found.schedules, "failure": found.failure, "seconds": perf_counter() - begun}


def main() -> None:
    """Measure, print one line of JSON for each seed, and leave without waiting for threads left over."""
    name, subject, what, seeds, seconds = sys.argv[1:]
    module, attribute = TOOLS[name]
    tool = getattr(importlib.import_module(f"benchmarks.explorer.peers.{module}"), attribute)
    for seed in map(int, seeds.split(",")):
        print(json.dumps(measure(tool, subject, what, seed, float(seconds))), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
