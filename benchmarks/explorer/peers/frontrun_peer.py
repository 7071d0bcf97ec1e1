"""`frontrun`: its systematic search (DPOR, the recommended default) and its random one."""

from __future__ import annotations

from functools import partial
from time import perf_counter

import frontrun

from benchmarks.explorer.peers.frontrun_scenarios import SCENARIOS, State
from benchmarks.explorer.peers.programs import plain_module
from benchmarks.explorer.peers.search import Search, Tool, Undecided

DEADLOCK_TIMEOUT = 1.0  # seconds until a run that does not move is called a deadlock; the default is 5
BATCH = 1_000  # random schedules for each call; the time limit ends it earlier


def frontrun_search(strategy: str, name: str, twin: str, seed: int, seconds: float) -> Search:
    """Search without replays of the failure and without watching for input and output, which cost time."""
    end = perf_counter() + seconds
    scenario = SCENARIOS[name]
    module = plain_module(name, twin)
    done = 0
    begun = 0

    def setup() -> State:
        nonlocal begun
        begun += 1
        return scenario.setup(module)

    while (left := end - perf_counter()) > 0:
        options = {"seed": seed * 1_000_003 + done, "max_attempts": BATCH} if strategy == "random" else {}
        try:
            result = frontrun.explore(
                setup=setup,
                workers=scenario.workers,
                invariant=scenario.invariant,
                strategy=strategy,
                clock=scenario.clock,
                reproduce_on_failure=0,
                detect_io=False,
                deadlock_timeout=DEADLOCK_TIMEOUT,
                timeout_per_run=DEADLOCK_TIMEOUT,
                total_timeout=left,
                **options,
            )
        except Exception as error:
            if not begun:
                raise
            return Search(begun, f"exception {type(error).__name__}")  # DPOR lets a worker's exception out
        done += result.num_explored
        if result.property_holds is False:
            return Search(done, _first_line(result.explanation))
        if result.property_holds is None and result.num_explored:
            raise Undecided(_first_line(result.inconclusive_reason))
        if strategy == "dpor" and twin == "buggy" and perf_counter() < end:
            raise Undecided(f"its search ended after {done} schedules without a failure")
    return Search(done)


def _first_line(text: str | None) -> str:
    return (text or "failed").strip().splitlines()[0][:160]


DPOR: Tool = partial(frontrun_search, "dpor")
RANDOM: Tool = partial(frontrun_search, "random")
