"""Every kata has a workload that its reference gets through, on one thread and on several."""

from __future__ import annotations

import importlib

import pytest

from benchmarks.patterns.crew import crew, shares
from dojo.checking.sim import Sim
from dojo.grading.catalogue import Kata, load
from dojo.grading.sandbox.subject import build_machine

KATAS = [kata for kata in load() if kata.solution.exists()]
SPANS = {
    "semaphore": 4,
    "worker_pool": 4,
    "fan_out_fan_in": 4,
    "pipeline": 12,
    "error_group": 4,
    "token_bucket": 5,
    "sliding_window": 3,
    "retry": 7,
}


@pytest.mark.parametrize("threads", [1, 3, 8])
@pytest.mark.parametrize("kata", KATAS, ids=lambda kata: kata.name)
def test_the_reference_does_all_operations(kata: Kata, threads: int) -> None:
    """As many as were asked for are performed, also when the threads cannot share them evenly."""
    workload = importlib.import_module(f"benchmarks.patterns.{kata.name}")
    module = importlib.import_module(f"solutions.{kata.group}.{kata.name}")
    assert workload.run(module, threads, 50) == 50


@pytest.mark.parametrize("kata", KATAS, ids=lambda kata: kata.name)
def test_the_standard_work_takes_its_time(kata: Kata) -> None:
    """Katas with a natural piece of work have one, and the reference takes exactly the time it must."""
    workload = importlib.import_module(f"benchmarks.patterns.{kata.name}")
    assert hasattr(workload, "scenario") == (kata.name in SPANS) == hasattr(workload, "SCENARIO")
    if kata.name in SPANS:
        machine = build_machine(kata.solution.read_text("utf-8"), str(kata.solution), kata)
        run = machine.run(lambda: workload.scenario(Sim(machine)))
        assert run.outcome.ok, run.outcome
        assert run.elapsed == SPANS[kata.name] * 10**9


def test_shares_are_even() -> None:
    """Together they are all operations, and no two differ by more than one."""
    for threads, operations in ((1, 7), (3, 7), (8, 3), (4, 8)):
        found = shares(threads, operations)
        assert sum(found) == operations and len(found) == threads
        assert max(found) - min(found) <= 1


def test_a_crew_hands_the_first_error_on() -> None:
    """At once: others may wait for the one that failed."""
    import threading

    for_ever = threading.Event()

    def fail() -> int:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        crew(lambda: for_ever.wait() and 0, fail)
    for_ever.set()
    assert crew(lambda: 2, lambda: 3) == 5
