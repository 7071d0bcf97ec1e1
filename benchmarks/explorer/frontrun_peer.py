"""`frontrun`: its systematic search (DPOR, the recommended default) and its random one."""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import Any

import frontrun

from benchmarks.explorer.frontrun_scenarios import SCENARIOS
from benchmarks.explorer.search import NotExpressible, Search, Tool
from benchmarks.explorer.subjects import plain_module

DEADLOCK_TIMEOUT = 1.0  # seconds until a run that does not move is called a deadlock; the default is 5
BATCH = 1_000  # random schedules for each call; the time limit ends it earlier


def explore(name: str, twin: str, seconds: float, **options: Any) -> Any:
    """One call of the package, with replays of the failure and input/output detection switched off."""
    scenario = SCENARIOS[name]
    module = plain_module(name, twin)
    return frontrun.explore(
        setup=lambda: scenario.setup(module),
        workers=scenario.workers,
        invariant=scenario.invariant,
        clock=scenario.clock,
        reproduce_on_failure=0,
        detect_io=False,
        deadlock_timeout=DEADLOCK_TIMEOUT,
        timeout_per_run=max(DEADLOCK_TIMEOUT, seconds),
        total_timeout=seconds,
        **options,
    )


def frontrun_search(strategy: str, name: str, twin: str, seed: int, seconds: float) -> Search:
    """Search; a systematic search that is through begins again, for the rate."""
    end = perf_counter() + seconds
    done = 0
    while (left := end - perf_counter()) > 0:
        options = {"seed": seed * 1_000_003 + done, "max_attempts": BATCH} if strategy == "random" else {}
        result = explore(name, twin, left, strategy=strategy, **options)
        done += result.num_explored
        if result.property_holds is False:
            return Search(done, _first_line(result.explanation))
        if result.property_holds is None and perf_counter() < end:
            raise NotExpressible(_first_line(result.inconclusive_reason))
        if strategy == "dpor" and twin == "buggy" and perf_counter() < end:
            break  # it has been through everything within its bound; again would give the same
    return Search(done)


def _first_line(text: str | None) -> str:
    return (text or "failed").strip().splitlines()[0][:160]


DPOR: Tool = partial(frontrun_search, "dpor")
RANDOM: Tool = partial(frontrun_search, "random")
